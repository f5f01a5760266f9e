import { useSignal } from '@preact/signals';
import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { count, time_of_day } from '../format';
import type { Event } from '../protocol';
import { sentence } from '../sentences';
import { log } from '../store';

/** An event never changes, so its line is drawn once. */
class Line extends Component<{ event: Event }> {
    override shouldComponentUpdate(next: { event: Event }): boolean {
        return next.event !== this.props.event;
    }
    override render() {
        const { event } = this.props;
        const { text, tone } = sentence(event);
        return (
            <li class={`log-line tone-${tone}`} data-type={event.type}>
                <time>{time_of_day(event.time)}</time>
                <span>{text}</span>
            </li>
        );
    }
}

/** Pixels from the end within which the reader counts as being at the end. */
const end_margin = 24;

export function EventLog() {
    const filter = useSignal('');
    const follow = useSignal(true);
    const list = useRef<HTMLOListElement>(null);
    const wanted = filter.value.trim().toLowerCase();
    const shown =
        wanted === ''
            ? log.value
            : log.value.filter((event) =>
                  `${event.type} ${sentence(event).text}`.toLowerCase().includes(wanted),
              );

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
            <h2 id="log-title">
                Events{' '}
                <small>
                    {wanted === '' ? count(shown.length) : `${shown.length} of ${log.value.length}`}
                </small>
            </h2>
            <div class="log-tools">
                <input
                    type="search"
                    placeholder="Filter"
                    aria-label="Filter events by text"
                    value={filter.value}
                    onInput={(event) => {
                        filter.value = event.currentTarget.value;
                    }}
                />
                <label>
                    <input
                        type="checkbox"
                        checked={follow.value}
                        onChange={(event) => {
                            follow.value = event.currentTarget.checked;
                        }}
                    />
                    Follow
                </label>
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
                    <li class="hint">{wanted === '' ? 'Nothing yet.' : 'No event matches.'}</li>
                )}
                {shown.map((event) => (
                    <Line key={event.seq} event={event} />
                ))}
            </ol>
        </section>
    );
}
