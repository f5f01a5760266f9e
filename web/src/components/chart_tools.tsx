import { computed } from '@preact/signals';
import type { Axis } from '../models/curves';
import { param, set_params } from '../route';
import type { Range } from './chart';

export const axis = computed((): Axis => (param('x') === 'time' ? 'time' : 'round'));
export const is_log = computed(() => param('log') === '1');
export const smoothing = computed(() => {
    const weight = Number(param('smooth'));
    return weight > 0 && weight < 1 ? weight : 0;
});
export const zoom = computed((): Range => {
    const from = Number.parseFloat(param('from'));
    const to = Number.parseFloat(param('to'));
    return from < to ? [from, to] : null;
});

export function set_zoom(range: Range): void {
    const text = (value: number): string => String(Number(value.toPrecision(6)));
    set_params({ from: range === null ? null : text(range[0]), to: range === null ? null : text(range[1]) });
}

function zoom_by(factor: number, x: readonly number[]): void {
    const [from, to] = zoom.peek() ?? [x[0] ?? 0, x.at(-1) ?? 1];
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    const least = Math.max(middle - half, x[0] ?? 0);
    const most = Math.min(middle + half, x.at(-1) ?? 1);
    set_zoom(factor > 1 && least <= (x[0] ?? 0) && most >= (x.at(-1) ?? 1) ? null : [least, most]);
}

/** What the charts of a view have in common; all of it is in the address. */
export function ChartTools({ x, has_log = true }: { x: readonly number[]; has_log?: boolean }) {
    return (
        <div class="tools">
            <div class="switch" role="group" aria-label="Horizontal axis">
                {(['round', 'time'] as const).map((name) => (
                    <button
                        key={name}
                        type="button"
                        data-testid={`axis-${name}`}
                        aria-pressed={axis.value === name}
                        onClick={() => set_params({ x: name === 'time' ? 'time' : null, from: null, to: null })}
                    >
                        {name}
                    </button>
                ))}
            </div>
            {has_log && (
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="log-scale"
                        checked={is_log.value}
                        onChange={(event) => set_params({ log: event.currentTarget.checked ? '1' : null })}
                    />
                    log loss
                </label>
            )}
            <label class="check slider">
                smoothing
                <input
                    type="range"
                    data-testid="smoothing"
                    min="0"
                    max="0.98"
                    step="0.02"
                    value={smoothing.value}
                    onInput={(event) => {
                        const { value } = event.currentTarget;
                        set_params({ smooth: value === '0' ? null : value });
                    }}
                />
                <output>{smoothing.value.toFixed(2)}</output>
            </label>
            <div class="switch" role="group" aria-label="Zoom">
                <button type="button" aria-label="Zoom in" onClick={() => zoom_by(0.5, x)}>
                    +
                </button>
                <button type="button" aria-label="Zoom out" onClick={() => zoom_by(2, x)}>
                    −
                </button>
                <button
                    type="button"
                    data-testid="zoom-reset"
                    disabled={zoom.value === null}
                    title={zoom.value === null ? 'All is shown' : 'Show all (or double-click a chart)'}
                    onClick={() => set_zoom(null)}
                >
                    all
                </button>
            </div>
        </div>
    );
}
