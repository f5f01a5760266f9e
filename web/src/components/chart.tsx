import { type Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../theme';

export interface Props {
    test_id: string;
    title: string;
    /** [rounds, train, test]; null where a number does not exist. */
    data: uPlot.AlignedData;
    target: number | null;
    /** Fixed bounds that the vertical axis never leaves. */
    bounds: [number, number];
    format: (value: number | null | undefined) => string;
    tick: (value: number, step: number) => string;
    /** Place in data under the cursor, shared by all charts; null when there is none. */
    hovered: Signal<number | null>;
}

const names = ['train', 'test'] as const;

function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Curves over rounds with a legend that shows the values under the cursor, or the last ones. */
export function Chart({ test_id, title, data, target, bounds, format, tick, hovered }: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const target_now = useRef(target);
    target_now.current = target;

    useLayoutEffect(() => {
        const host = box.current!;
        const created = new uPlot(
            options(host, () => target_now.current, bounds, tick, hovered),
            data,
            host,
        );
        plot.current = created;
        const observer = new ResizeObserver(() => created.setSize(size(host)));
        observer.observe(host);
        return () => {
            observer.disconnect();
            created.destroy();
            plot.current = null;
        };
    }, []);
    useEffect(() => plot.current?.setData(data), [data, target]);
    const scheme = theme.value;
    useEffect(() => plot.current?.redraw(false, true), [scheme]);

    const rounds = data[0];
    const place = hovered.value !== null && hovered.value < rounds.length ? hovered.value : rounds.length - 1;
    return (
        <figure
            class="chart"
            data-testid={test_id}
            data-points={rounds.length}
            aria-label={`${title} over rounds`}
        >
            <figcaption>
                <h2>
                    {title} {rounds.length > 0 && <small>round {rounds[place]}</small>}
                </h2>
                <ul class="legend">
                    {names.map((name, series) => (
                        <li key={name} class={`legend-${name}`}>
                            {name} <b>{format(data[series + 1]?.[place])}</b>
                        </li>
                    ))}
                    {target !== null && (
                        <li class="legend-target">
                            target <b>{format(target)}</b>
                        </li>
                    )}
                </ul>
            </figcaption>
            <div class={rounds.length === 0 ? 'plot plot-empty' : 'plot'} ref={box} aria-hidden="true">
                {rounds.length === 0 && <p class="plot-hint">The curve starts with the first round.</p>}
            </div>
        </figure>
    );
}

function size(host: HTMLElement): { width: number; height: number } {
    return { width: host.clientWidth, height: host.clientHeight };
}

function options(
    host: HTMLElement,
    target: () => number | null,
    bounds: [number, number],
    tick: (value: number, step: number) => string,
    hovered: Signal<number | null>,
): uPlot.Options {
    const axis: uPlot.Axis = {
        stroke: () => colour('muted'),
        grid: { stroke: () => colour('grid'), width: 1 },
        ticks: { stroke: () => colour('grid'), width: 1, size: 4 },
        font: '12px system-ui, sans-serif',
        gap: 4,
    };
    const series = names.map((name): uPlot.Series => ({
        label: name,
        stroke: () => colour(name),
        width: 2,
        spanGaps: true,
        points: { size: 6, fill: () => colour(name) },
    }));
    return {
        ...size(host),
        legend: { show: false },
        padding: [10, 12, 0, 0],
        cursor: {
            y: false,
            drag: { x: false, y: false },
            sync: { key: 'rounds' },
            points: { size: 8, fill: (_, place) => colour(names[place - 1] ?? 'muted') },
        },
        scales: {
            x: {
                time: false,
                range: (_, least, most) => (least === most ? [least - 0.5, most + 0.5] : [least, most]),
            },
            y: {
                range: (_, least, most) => {
                    const wanted = target();
                    const low = Math.min(least ?? wanted ?? 0, wanted ?? Infinity);
                    const high = Math.max(most ?? wanted ?? 1, wanted ?? -Infinity);
                    const room = Math.max((high - low) * 0.08, 0.005);
                    return [Math.max(low - room, bounds[0]), Math.min(high + room, bounds[1])];
                },
            },
        },
        axes: [
            {
                ...axis,
                size: 28,
                incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
                space: 44,
            },
            {
                ...axis,
                size: 52,
                space: 34,
                values: (_, splits, __, ___, step) => splits.map((at) => tick(at, step)),
            },
        ],
        series: [{ label: 'round' }, ...series],
        hooks: {
            draw: [(self) => draw_target(self, target())],
            setCursor: [
                (self) => {
                    hovered.value = self.cursor.idx ?? null;
                },
            ],
        },
    };
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
