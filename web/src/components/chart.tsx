import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../theme';
import { save_picture } from './chart_picture';
import { save_svg } from './chart_svg';
import { apart, log_splits } from './ticks';

export interface Curve {
    name: string;
    /** Name of the CSS variable with its colour. */
    colour: string;
    values: (number | null)[];
    /** Drawn faintly behind it: what was smoothed away. */
    raw?: (number | null)[] | undefined;
    dashed?: boolean;
    /** Whether the area down to zero is filled. */
    filled?: boolean;
}

/** Filled between two lines. */
export interface Band {
    name: string;
    colour: string;
    low: (number | null)[];
    high: (number | null)[];
}

/** Something that happened at a place of x. */
export interface ChartMark {
    x: number;
    kind: 'change' | 'load' | 'restart';
    text: string;
}

export type Range = [number, number] | null;

export interface Props {
    test_id: string;
    title: string;
    x: number[];
    curves: Curve[];
    /** What x is, for the heading: "round 3". */
    x_text: (x: number) => string;
    x_tick: (x: number, step: number) => string;
    whole_x?: boolean;
    /** Steps between values at the vertical axis. */
    y_steps?: number[];
    format: (value: number | null | undefined) => string;
    tick: (value: number, step: number) => string;
    /** A dashed line. */
    target?: number | null;
    band?: Band | undefined;
    marks?: readonly ChartMark[];
    /** Bounds that the vertical axis never leaves. */
    bounds?: [number, number];
    log?: boolean;
    /** What is shown of x; null for all. Dragging sets it, a double click takes it away. */
    zoom?: Signal<Range> | { value: Range };
    on_zoom?: (range: Range) => void;
    /** Charts of one key have one cursor. */
    sync?: string;
    empty: string;
    small?: boolean;
}

/** Pixels: of the axis below, and of a line of text at the other. */
const axis_height = 28;
const text_height = 15;

function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Curves with a legend that shows the values under the cursor, or the last ones. */
export function Chart(props: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const latest = useRef(props);
    latest.current = props;
    const hovered = useSignal<number | null>(null);
    const { x, curves, zoom, band, marks = [], log = false } = props;
    const range = zoom?.value ?? null;

    const data = useMemo(
        (): uPlot.AlignedData => [
            x,
            ...curves.map((curve) => curve.raw ?? []),
            ...curves.map((curve) => curve.values),
            ...(band === undefined ? [] : [band.high, band.low]),
        ],
        [x, curves, band],
    );
    const drawn = useMemo(() => (log ? without_nonpositive(data) : data), [data, log]);
    // The set of curves and the steps of axes are fixed for one plot; others make another plot.
    const key = `${log}|${props.whole_x}|${props.y_steps?.length}|${band !== undefined}|${curves.map((curve) => `${curve.name}/${curve.colour}/${curve.raw !== undefined}`).join('|')}`;

    useLayoutEffect(() => {
        const host = box.current!;
        const created = new uPlot(options(host, latest, hovered), drawn, host);
        plot.current = created;
        const observer = new ResizeObserver(() => created.setSize(size(host)));
        observer.observe(host);
        return () => {
            observer.disconnect();
            created.destroy();
            plot.current = null;
        };
    }, [key]);
    useEffect(() => plot.current?.setData(drawn), [drawn, props.target, marks, range?.[0], range?.[1]]);
    const scheme = theme.value;
    useEffect(() => plot.current?.redraw(false, true), [scheme]);

    const place = hovered.value !== null && hovered.value < x.length ? hovered.value : x.length - 1;
    return (
        <figure
            class={props.small ? 'chart chart-small' : 'chart'}
            data-testid={props.test_id}
            data-points={x.length}
            aria-label={props.title}
        >
            <figcaption>
                <h3>
                    {props.title} {x.length > 0 && <small>{props.x_text(x[place]!)}</small>}
                    {x.length > 0 && (
                        <button
                            type="button"
                            class="quiet chart-save"
                            data-testid={`${props.test_id}-save`}
                            aria-label={`Save ${props.title} as PNG`}
                            title="Save as a picture (PNG)"
                            onClick={() =>
                                save_picture({ title: props.title, lines: curves, plot: plot.current!.ctx.canvas })
                            }
                        >
                            PNG
                        </button>
                    )}
                    {x.length > 0 && (
                        <button
                            type="button"
                            class="quiet chart-save"
                            data-testid={`${props.test_id}-svg`}
                            aria-label={`Save ${props.title} as SVG`}
                            title="Save as a drawing (SVG)"
                            onClick={() =>
                                save_svg({ title: props.title, x, curves, band, marks, target: props.target ?? null, plot: plot.current! })
                            }
                        >
                            SVG
                        </button>
                    )}
                </h3>
                <ul class="legend">
                    {curves.map((curve) => (
                        <li key={curve.name}>
                            <svg width="16" height="8" aria-hidden="true">
                                <line
                                    x1="0"
                                    x2="16"
                                    y1="4"
                                    y2="4"
                                    class={`line-${curve.colour}`}
                                    stroke-dasharray={curve.dashed ? '4 3' : undefined}
                                />
                            </svg>
                            {curve.name} <b>{props.format(last_known(curve.values, place, hovered.value === null))}</b>
                        </li>
                    ))}
                    {band !== undefined && (
                        <li>
                            <svg width="16" height="8" aria-hidden="true">
                                <rect width="16" height="8" class={`band-${band.colour}`} />
                            </svg>
                            {band.name}{' '}
                            <b>
                                {props.format(last_known(band.low, place, hovered.value === null))} –{' '}
                                {props.format(last_known(band.high, place, hovered.value === null))}
                            </b>
                        </li>
                    )}
                    {props.target !== null && props.target !== undefined && (
                        <li>
                            <svg width="16" height="8" aria-hidden="true">
                                <line x1="0" x2="16" y1="4" y2="4" class="line-target" stroke-dasharray="3 2" />
                            </svg>
                            target <b>{props.format(props.target)}</b>
                        </li>
                    )}
                </ul>
            </figcaption>
            {marks.length > 0 && (
                <p class="chart-marks one-line" data-testid={`${props.test_id}-marks`}>
                    {near_mark(marks, x[place], x)?.text ?? told_marks(marks)}
                </p>
            )}
            <div class={x.length === 0 ? 'plot plot-empty' : 'plot'} ref={box} aria-hidden="true">
                {x.length === 0 && <p class="plot-hint">{props.empty}</p>}
            </div>
        </figure>
    );
}

function last_known(values: (number | null)[], place: number, is_last: boolean): number | null | undefined {
    return is_last ? (values.findLast((value) => value !== null) ?? null) : values[place];
}

/** What happened at the place that is pointed at, or as near to it as a finger comes. */
function near_mark(marks: readonly ChartMark[], at: number | undefined, x: readonly number[]): ChartMark | undefined {
    const reach = ((x.at(-1) ?? 0) - (x[0] ?? 0)) / 100;
    return at === undefined || at === x.at(-1) ? undefined : marks.find((mark) => Math.abs(mark.x - at) <= reach);
}

function told_marks(marks: readonly ChartMark[]): string {
    const kinds = [...new Set(marks.map((mark) => mark.kind))].map((kind) => `${mark_signs[kind]} ${kind}`);
    return `${kinds.join(', ')}: point at one to read it`;
}

const mark_signs = { change: '◆', load: '▼', restart: '▮' } as const;

function without_nonpositive(data: uPlot.AlignedData): uPlot.AlignedData {
    const [x, ...columns] = data;
    return [x, ...columns.map((column) => [...column].map((value) => (value && value > 0 ? value : null)))];
}

/** By how many times two values of the logarithmic axis differ whose texts lie below each other. */
function text_ratio({ height, scales }: uPlot): number {
    const { min, max } = scales['y']!;
    return (max! / min!) ** (text_height / Math.max(1, height - axis_height));
}

function size(host: HTMLElement): { width: number; height: number } {
    return { width: host.clientWidth, height: host.clientHeight };
}

function options(
    host: HTMLElement,
    latest: { current: Props },
    hovered: Signal<number | null>,
): uPlot.Options {
    const { curves, band, log = false, sync, on_zoom, whole_x = false, y_steps } = latest.current;
    const axis: uPlot.Axis = {
        stroke: () => colour('muted'),
        grid: { stroke: () => colour('grid'), width: 1 },
        ticks: { stroke: () => colour('grid'), width: 1, size: 4 },
        font: '12px system-ui, sans-serif',
        gap: 4,
    };
    const faint = curves.map((curve): uPlot.Series => ({
        label: `${curve.name}, raw`,
        stroke: () => `${colour(curve.colour)}55`,
        width: 1,
        spanGaps: true,
        points: { show: false },
        show: curve.raw !== undefined,
    }));
    const series = curves.map((curve): uPlot.Series => ({
        label: curve.name,
        stroke: () => colour(curve.colour),
        width: 2,
        spanGaps: true,
        ...(curve.dashed ? { dash: [6, 4] } : {}),
        points: { size: 6, fill: () => colour(curve.colour) },
        ...(curve.filled ? { fill: () => `${colour(curve.colour)}33`, width: 1, points: { show: false } } : {}),
    }));
    const edges = (band === undefined ? [] : [0, 1]).map((): uPlot.Series => ({
        stroke: () => colour(band!.colour),
        width: 0,
        spanGaps: true,
        points: { show: false },
    }));
    const first_edge = 1 + faint.length + series.length;
    return {
        ...size(host),
        legend: { show: false },
        // The last text at the axis is half as wide.
        padding: [10, whole_x ? 22 : 34, 0, 0],
        ...(band === undefined
            ? {}
            : { bands: [{ series: [first_edge, first_edge + 1], fill: () => `${colour(band.colour)}33` }] }),
        cursor: {
            y: false,
            drag: { x: on_zoom !== undefined, y: false, setScale: false },
            ...(sync === undefined ? {} : { sync: { key: sync, setSeries: false } }),
            points: { size: 7, fill: (_, place) => colour(curves[(place - 1) % curves.length]?.colour ?? 'muted') },
            bind: {
                dblclick: () => () => {
                    latest.current.on_zoom?.(null);
                    return null;
                },
            },
        },
        scales: {
            x: {
                time: false,
                range: (_, least, most) =>
                    latest.current.zoom?.value ?? (least === most ? [least - 0.5, most + 0.5] : [least, most]),
            },
            y: {
                distr: log ? 3 : 1,
                // Of this plot: the latest properties may be for the one that takes its place.
                range: (_, least, most) => y_range({ ...latest.current, log }, least, most),
            },
        },
        axes: [
            {
                ...axis,
                size: axis_height,
                // As wide as its texts: a time of day is longer than a number.
                space: whole_x ? 52 : 68,
                ...(whole_x
                    ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] }
                    : { incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400] }),
                values: (_, splits, __, ___, step) => splits.map((at) => latest.current.x_tick(at, step)),
            },
            {
                ...axis,
                size: 58,
                space: 30,
                ...(y_steps === undefined ? {} : { incrs: y_steps }),
                // uPlot's own need a range of whole decades.
                ...(log
                    ? {
                          splits: (_: uPlot, __: number, least: number, most: number) => log_splits(least, most),
                          filter: (self: uPlot, splits: number[]) => apart(splits, text_ratio(self)),
                      }
                    : {}),
                values: (_, splits, __, ___, step) =>
                    splits.map((at) =>
                        // Places of a logarithmic axis are round by themselves, each in its own size.
                        at === null ? '' : latest.current.tick(at, log ? at / 1000 : step),
                    ),
            },
        ],
        series: [{}, ...faint, ...series, ...edges],
        hooks: {
            draw: [
                (self) => draw_target(self, latest.current.target ?? null),
                (self) => draw_marks(self, latest.current.marks ?? []),
            ],
            setCursor: [
                (self) => {
                    hovered.value = self.cursor.idx ?? null;
                },
            ],
            setSelect: [
                (self) => {
                    const { left, width } = self.select;
                    // A selection that another chart made has been told by that one.
                    if (width > 4 && self.cursor.event !== undefined) {
                        on_zoom?.([self.posToVal(left, 'x'), self.posToVal(left + width, 'x')]);
                    }
                    self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
                },
            ],
        },
    };
}

function y_range(
    { target, bounds = [-Infinity, Infinity], log = false }: Props,
    least: number | null,
    most: number | null,
): [number, number] {
    const wanted = target ?? null;
    if (log) {
        const low = least ?? 0.1;
        const high = most ?? 1;
        return low === high ? [low / 2, high * 2] : [low * 0.9, high * 1.1];
    }
    const low = Math.min(least ?? wanted ?? 0, wanted ?? Infinity);
    const high = Math.max(most ?? wanted ?? 1, wanted ?? -Infinity);
    const room = Math.max((high - low) * 0.08, high === low ? Math.abs(high) * 0.1 || 0.5 : 0);
    return [Math.max(low - room, bounds[0]), Math.min(high + room, bounds[1])];
}

function draw_target(self: uPlot, target: number | null): void {
    if (target === null) {
        return;
    }
    const { ctx, bbox } = self;
    const y = Math.round(self.valToPos(target, 'y', true));
    ctx.save();
    ctx.beginPath();
    ctx.strokeStyle = colour('target');
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
}

/** A line over the whole height, and a sign of what it was at its top. */
function draw_marks(self: uPlot, marks: readonly ChartMark[]): void {
    const { ctx, bbox } = self;
    const { min = 0, max = 0 } = self.scales['x'] ?? {};
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('muted');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.font = `${9 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'center';
    for (const { x, kind } of marks) {
        if (x < (min ?? 0) || x > (max ?? 0)) {
            continue;
        }
        const at = Math.round(self.valToPos(x, 'x', true));
        ctx.beginPath();
        ctx.moveTo(at, bbox.top);
        ctx.lineTo(at, bbox.top + bbox.height);
        ctx.stroke();
        ctx.fillText(mark_signs[kind], at, bbox.top - devicePixelRatio);
    }
    ctx.restore();
}
