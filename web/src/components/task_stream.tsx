import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { clock, count, duration, percent, plural, time_of_day } from '../format';
import { beat, late } from '../late';
import { doings, type Doing, type Lane } from '../models/lane';
import { lines_of, numbered } from '../models/round_marks';
import { visible_rows } from '../models/rows';
import { stream_paths, time_ticks } from '../models/stream_paths';
import { journal } from '../past';
import { param, set_params } from '../route';
import { master_time } from '../store';
import { DataTable } from './data_table';
import { RoundCosts } from './round_costs';
import { chosen_workers } from './worker_table';

/** Pixels; where there are few rows they may be taller. */
const tall = { row_height: 26, bar_height: 18 };
const dense = { row_height: 16, bar_height: 12 };
const tall_limit = 12;
/** More rows than that are a heat map, on one screen and without names. */
const named_limit = 50;
const whole_height = 400;

function row_size(rows: number): { row_height: number; bar_height: number } {
    if (rows <= named_limit) {
        return rows <= tall_limit ? tall : dense;
    }
    const row_height = Math.max(2, Math.floor(whole_height / rows));
    return { row_height, bar_height: row_height };
}
/** Seconds. */
const least_shown = 2;
const longest_shown = 3600;
/** Pixels that a pointer may move and still click. */
const click_reach = 4;
/** Pixels: a digit at the axis, and what is left free beside a number. */
const digit_width = 7;
const number_gap = 12;
const windows: [string, string][] = [
    ['15', '15 s'],
    ['60', '1 min'],
    ['300', '5 min'],
    ['900', '15 min'],
];

/** One row a worker: what it did, over time. */
export function TaskStream() {
    const box = useRef<HTMLDivElement>(null);
    const width = useSignal(800);
    const height = useSignal(300);
    const scrolled = useSignal(0);
    const told = useSignal<{ text: string; x: number; y: number } | null>(null);
    /** Where a drag began, and how far it went. */
    const drag = useRef<{ x: number; to: number; moved: boolean } | null>(null);
    useEffect(() => {
        const observer = new ResizeObserver(() => {
            width.value = box.current!.clientWidth;
            height.value = box.current!.clientHeight;
        });
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, []);

    void beat.value;
    const seconds = Math.min(longest_shown, Math.max(least_shown, Number(param('window')) || 60));
    const held = Number(param('until'));
    const to = held > 0 ? held : master_time();
    const lanes = chosen_workers.value.flatMap((worker) => journal.lanes.get(worker.worker) ?? []);
    // Who is here has a row from the first moment on, so that nothing moves when its past has been read.
    const rows = Math.max(lanes.length, chosen_workers.value.filter((worker) => worker.state !== 'gone').length);
    const label_width = rows > named_limit ? 2 : width.value < 500 ? 84 : 132;
    const names = new Map(chosen_workers.value.map((worker) => [worker.worker, worker.name]));
    const name_of = (lane: Lane): string => names.get(lane.worker) ?? lane.name;
    // What is short does not begin in the middle of nowhere.
    const first_seen = Math.min(...lanes.map((lane) => lane.times[0] ?? to));
    const from = Math.max(to - seconds, Math.min(first_seen, to - least_shown));
    const { row_height, bar_height } = row_size(rows);
    const [first, last] = visible_rows(lanes.length, row_height, scrolled.value, height.value, 4);
    const visible = lanes.slice(first, last);
    const frame = {
        from,
        to,
        width: Math.max(50, width.value - label_width - 4),
        row_height,
        bar_height,
    };
    const paths = stream_paths(visible, frame);
    const x = (time: number): number => label_width + ((time - from) / (to - from)) * frame.width;
    const ticks = time_ticks(from, to, Math.max(2, Math.floor(frame.width / 90)));
    const marks = round_starts(from, to).map(({ round, time }) => ({ round, x: x(time) }));
    const number_width = count(marks.at(-1)?.round ?? 0).length * digit_width + number_gap;

    const pan = (event: PointerEvent): void => {
        const { x: began, to: end } = drag.current!;
        const shift = ((event.clientX - began) / frame.width) * (to - from);
        if (Math.abs(event.clientX - began) > click_reach) {
            drag.current!.moved = true;
            const until = end - shift;
            set_params({ until: until >= master_time() ? null : until.toFixed(2) });
        }
    };
    /** With Ctrl, so that the page still scrolls; around the pointer. */
    const zoom = (event: WheelEvent): void => {
        if (!event.ctrlKey) {
            return;
        }
        event.preventDefault();
        const next = Math.min(longest_shown, Math.max(least_shown, seconds * (event.deltaY > 0 ? 1.25 : 0.8)));
        const at = point(event)?.time ?? to;
        const until = at + ((to - at) * next) / seconds;
        set_params({ window: next.toFixed(1), until: held > 0 || until < to ? until.toFixed(2) : null });
    };

    const point = (event: MouseEvent): { lane: Lane; time: number } | null => {
        const area = box.current!.getBoundingClientRect();
        const row = Math.floor((event.clientY - area.top + box.current!.scrollTop) / row_height);
        const time = from + ((event.clientX - area.left - label_width) / frame.width) * (to - from);
        const lane = lanes[row];
        return lane === undefined || event.clientX < area.left || time > to ? null : { lane, time };
    };
    return (
        <section class="card stream-card" aria-labelledby="stream-title">
            <div class="card-head">
                <h2 id="stream-title">Task stream</h2>
                <div class="tools">
                    <div class="switch" role="group" aria-label="Time shown">
                        {windows.map(([value, text]) => (
                            <button
                                key={value}
                                type="button"
                                aria-pressed={String(seconds) === value}
                                onClick={() => set_params({ window: value === '60' ? null : value })}
                            >
                                {text}
                            </button>
                        ))}
                    </div>
                    <button
                        type="button"
                        data-testid="stream-hold"
                        aria-pressed={held > 0}
                        title={held > 0 ? 'Go on with the present' : 'Hold this moment, to look at it and to share it'}
                        onClick={() => set_params({ until: held > 0 ? null : master_time().toFixed(1) })}
                    >
                        {held > 0 ? 'Back to now' : 'Hold'}
                    </button>
                </div>
            </div>
            <RoundCosts />
            {rows > 0 && <Legend />}
            <div
                class="stream scroll"
                ref={box}
                tabIndex={0}
                role="region"
                aria-label="Task stream"
                data-testid="stream"
                data-lanes={lanes.length}
                onScroll={(event) => {
                    scrolled.value = event.currentTarget.scrollTop;
                }}
                onPointerDown={(event) => {
                    if (event.pointerType === 'mouse') {
                        drag.current = { x: event.clientX, to, moved: false };
                    }
                }}
                onPointerMove={(event) => {
                    if (drag.current !== null && event.buttons === 1) {
                        pan(event);
                    }
                    const found = point(event);
                    const area = box.current!.getBoundingClientRect();
                    told.value =
                        found === null
                            ? null
                            : {
                                  text: `${name_of(found.lane)}: ${tell(found.lane, found.time, to)}`,
                                  x: event.clientX - area.left,
                                  y: event.clientY - area.top,
                              };
                }}
                onPointerLeave={() => {
                    told.value = null;
                    drag.current = null;
                }}
                onWheel={zoom}
                onClick={(event) => {
                    const found = point(event);
                    const was_drag = drag.current?.moved === true;
                    drag.current = null;
                    if (found !== null && !was_drag) {
                        set_params({ worker_card: String(found.lane.worker), client: null }, 'push');
                    }
                }}
            >
                <div style={{ height: `${rows * row_height}px` }}>
                    <svg
                        width={width.value}
                        height={visible.length * row_height}
                        style={{ transform: `translateY(${first * row_height}px)` }}
                        role="img"
                        aria-label={`What ${plural(lanes.length, 'worker')} did in the last ${clock(seconds)} minutes; the table below has the sums`}
                    >
                        <Patterns />
                        {lines_of(marks).map((mark) => (
                            <line key={`r${mark.round}`} class="stream-round" x1={mark.x} x2={mark.x} y1="0" y2="100%" />
                        ))}
                        {ticks.map((tick) => (
                            <line key={tick} class="stream-grid" x1={x(tick)} x2={x(tick)} y1="0" y2="100%" />
                        ))}
                        <g transform={`translate(${label_width} 0)`}>
                            {doings.map((what) => (
                                <path key={what} d={paths[what]} fill={`url(#do-${what})`} />
                            ))}
                        </g>
                        {(rows > named_limit ? [] : visible).map((lane, row) => (
                            <text
                                key={lane.worker}
                                class={late.value.has(lane.worker) ? 'stream-name stream-late' : 'stream-name'}
                                x={label_width - 8}
                                y={(row + 0.5) * row_height}
                            >
                                {late.value.has(lane.worker) ? '▲ ' : ''}
                                {shorten(name_of(lane), Math.floor(label_width / 7) - (late.value.has(lane.worker) ? 4 : 2))}
                            </text>
                        ))}
                    </svg>
                </div>
            </div>
            {rows > 0 && (
                <svg class="stream-axis" width={width.value} height="32" aria-hidden="true">
                    {rows <= named_limit && (
                        <text x={label_width - 8} y="28" class="stream-axis-name">
                            round
                        </text>
                    )}
                    {numbered(marks, number_width).map((mark) => (
                        <text key={`r${mark.round}`} x={mark.x} y="28" class="stream-round-number">
                            {count(mark.round)}
                        </text>
                    ))}
                    {ticks.map((tick) => (
                        <text key={tick} x={x(tick)} y="13">
                            {time_of_day(tick)}
                        </text>
                    ))}
                </svg>
            )}
            {told.value !== null && (
                <p
                    class={told.value.x > width.value / 2 ? 'stream-tip stream-tip-left' : 'stream-tip'}
                    data-testid="stream-tip"
                    style={tip_place(told.value, box.current)}
                >
                    {told.value.text}
                </p>
            )}
            <p class="hint stream-told">
                {rows === 0
                    ? 'What each worker does is drawn here, a row a worker, and what it costs a round.'
                    : `Drag to go back in time, Ctrl and the wheel to zoom, click to open the worker. Lines are starts of rounds; ${
                          rows > named_limit ? 'a row is a worker: point at it to read its name' : '▲ marks who is far later than most'
                      }.`}
            </p>
            <DataTable
                summary="Time by state"
                test_id="stream-table"
                columns={['worker', ...doings, 'late']}
                rows={() =>
                    lanes.map((lane) => {
                        const sums = lane.seconds(from, to);
                        const whole = doings.reduce((sum, what) => sum + sums[what], 0);
                        return [
                            name_of(lane),
                            ...doings.map((what) => (whole > 0 ? percent(sums[what] / whole, 0) : '–')),
                            late.value.has(lane.worker) ? 'late' : '',
                        ];
                    })
                }
            />
        </section>
    );
}

function shorten(name: string, most: number): string {
    return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/** Rounds that began in the time shown. */
function round_starts(from: number, to: number): { round: number; time: number }[] {
    const open = journal.open;
    const all = journal.shares.map(({ round, from: time }) => ({ round, time }));
    if (open !== null) {
        all.push({ round: open.round, time: open.from });
    }
    return all.filter(({ time }) => time >= from && time <= to);
}

/** Beside the pointer, in the part of the page that the stream is in. */
function tip_place({ x, y }: { x: number; y: number }, box: HTMLElement | null): Record<string, string> {
    const left = box?.offsetLeft ?? 0;
    const top = box?.offsetTop ?? 0;
    return { transform: `translate(${left + x}px, ${top + y + 16}px)` };
}

function tell(lane: Lane, time: number, to: number): string {
    const place = lane.at(time);
    const what = lane.what[place];
    if (!what) {
        return 'not known';
    }
    const start = lane.times[place]!;
    const end = Math.min(lane.times[place + 1] ?? to, to);
    return `${what} for ${duration(end - start)} from ${time_of_day(start)}`;
}

function Legend() {
    return (
        <ul class="legend stream-legend">
            {doings.map((what) => (
                <li key={what}>
                    <svg width="22" height="12" aria-hidden="true">
                        <Swatch what={what} />
                    </svg>
                    {what}
                </li>
            ))}
        </ul>
    );
}

export function Swatch({ what }: { what: Doing }) {
    const thin = what === 'waiting' || what === 'gone';
    return <rect width="22" y={thin ? 5 : 0} height={thin ? 2 : 12} fill={`url(#do-${what})`} />;
}

/** Colour and pattern of each state; there is one set in the page, where the stream is. */
function Patterns() {
    return (
        <defs>
            {doings.map((what) => (
                <pattern key={what} id={`do-${what}`} width="8" height="8" patternUnits="userSpaceOnUse">
                    <rect class={`do-${what}`} width="8" height="8" />
                    {marks[what] && <path class="do-mark" d={marks[what]} />}
                </pattern>
            ))}
        </defs>
    );
}

const marks: Record<Doing, string | null> = {
    receiving: 'M-2 2L2 -2M0 8L8 0M6 10L10 6',
    loading: 'M0 2H8M0 6H8',
    training: null,
    sending: 'M-2 6L2 10M0 0L8 8M6 -2L10 2',
    waiting: null,
    gone: 'M1 0V8M5 0V8',
};
