import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { LogLine } from '../components/log_line';
import { count } from '../format';
import { levels, passes, type Level } from '../models/log_entry';
import { param, set_params } from '../route';
import { read_notes, whole_log as log } from '../run_notes';
import { status, workers } from '../store';

/** Pixels from the end within which the reader counts as being at the end. */
const end_margin = 24;

export function LogView() {
    const follow = useSignal(true);
    const list = useRef<HTMLOListElement>(null);
    const level = levels.find((name) => name === param('level')) ?? 'detail';
    const worker = param('worker') === '' ? null : Number(param('worker'));
    const text = param('text');
    const shown = log.value.filter((event) => passes(event, { level, worker, text }));

    const known = status.value!;
    useEffect(() => {
        if (known.state_dir) {
            void read_notes(known.run);
        }
    }, [known.run, known.state_dir]);
    const keep_up = (): void => {
        if (follow.peek() && list.current !== null) {
            list.current.scrollTop = list.current.scrollHeight;
        }
    };
    useLayoutEffect(keep_up);
    useEffect(() => {
        const observer = new ResizeObserver(keep_up);
        observer.observe(list.current!);
        return () => observer.disconnect();
    }, []);

    return (
        <section class="card log" aria-labelledby="log-title">
            <div class="card-head">
                <h2 id="log-title">
                    Log{' '}
                    <small data-testid="log-count">
                        {shown.length === log.value.length
                            ? count(shown.length)
                            : `${count(shown.length)} of ${count(log.value.length)}`}
                    </small>
                </h2>
                <div class="tools">
                    <input
                        type="search"
                        data-testid="log-text"
                        placeholder="Filter"
                        aria-label="Filter the log by text"
                        value={text}
                        onInput={(event) => set_params({ text: event.currentTarget.value })}
                    />
                    <select
                        data-testid="log-level"
                        aria-label="Level"
                        value={level}
                        onChange={(event) => {
                            const next = event.currentTarget.value as Level;
                            set_params({ level: next === 'detail' ? null : next });
                        }}
                    >
                        <option value="detail">everything</option>
                        <option value="info">without phases</option>
                        <option value="warning">warnings and errors</option>
                        <option value="error">errors</option>
                    </select>
                    <select
                        data-testid="log-worker"
                        aria-label="Worker"
                        value={param('worker')}
                        onChange={(event) => set_params({ worker: event.currentTarget.value })}
                    >
                        <option value="">any worker</option>
                        {workers.value.map((one) => (
                            <option key={one.worker} value={String(one.worker)}>
                                {one.name} #{one.worker}
                            </option>
                        ))}
                    </select>
                    <label class="check">
                        <input
                            type="checkbox"
                            checked={follow.value}
                            onChange={(event) => {
                                follow.value = event.currentTarget.checked;
                                keep_up();
                            }}
                        />
                        follow
                    </label>
                </div>
            </div>
            <ol
                ref={list}
                class="log-list"
                data-testid="log"
                tabIndex={0}
                aria-labelledby="log-title"
                onScroll={(event) => {
                    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
                    follow.value = scrollHeight - scrollTop - clientHeight < end_margin;
                }}
            >
                {shown.length === 0 && (
                    <li class="hint">{log.value.length === 0 ? 'Nothing yet.' : 'No entry matches.'}</li>
                )}
                {shown.map((event) => (
                    <LogLine key={event.seq} event={event} />
                ))}
            </ol>
        </section>
    );
}
