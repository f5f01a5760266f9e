// Texts at the axes of charts; step is the distance between two of them.
import { clock } from '../format';

export function percent_tick(value: number, step: number): string {
    return `${(value * 100).toFixed(decimals(step * 100))}%`;
}

/** So many that two neighbours never read alike. */
function decimals(step: number): number {
    return Math.min(6, Math.max(0, Math.ceil(-Math.log10(step || 1) - 1e-9)));
}

/** Steps of shares that are round in percent. */
export const percent_steps = [1e-4, 1e-3, 1e-2, 0.1].flatMap((size) => [size, 2 * size, 5 * size]);

export function loss_tick(value: number, step: number): string {
    if (Math.abs(value) >= 1e4 || (value !== 0 && Math.abs(value) < 1e-4)) {
        return value.toExponential(1);
    }
    return step >= 1 && value === Math.round(value)
        ? String(value)
        : String(Number(value.toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(step || 1e-3)) + 1)))));
}

export function time_tick(value: number, step: number): string {
    return step < 1 ? `${value.toFixed(1)} s` : clock(value);
}

/** Of places of a logarithmic axis those whose texts do not touch: decades first, then halves and fifths of them. */
export function apart(splits: readonly number[], least_ratio: number): (number | null)[] {
    // What is none of them comes last.
    const rank = (split: number): number => ['1', '5', '2'].indexOf(split.toExponential().split('e')[0]!) >>> 0;
    const kept: number[] = [];
    for (const split of [...splits].sort((a, b) => rank(a) - rank(b))) {
        if (kept.every((other) => Math.max(split / other, other / split) >= least_ratio)) {
            kept.push(split);
        }
    }
    return splits.map((split) => (kept.includes(split) ? split : null));
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** What goes the other way is drawn below zero. */
export function bytes_tick(below: number, step: number): string {
    const value = Math.abs(below);
    const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(value || 1) / 10)));
    return `${(value / 1024 ** unit).toFixed(unit === 0 ? 0 : Math.min(3, decimals(step / 1024 ** unit)))} ${units[unit]}`;
}

/** Powers of two, so that every place is a round number of its unit. */
export const bytes_steps = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Places for a logarithmic axis between two positive values: 1, 2 and 5 in each decade, or more in a part of one. */
export function log_splits(least: number, most: number): number[] {
    for (const steps of [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
        const splits: number[] = [];
        for (let decade = Math.floor(Math.log10(least)); decade <= Math.log10(most); decade += 1) {
            splits.push(...steps.map((step) => Number(`${step}e${decade}`)));
        }
        const within = splits.filter((split) => split >= least && split <= most);
        if (within.length >= 4) {
            return within;
        }
    }
    const step = 10 ** Math.floor(Math.log10((most - least) / 2));
    const first = Math.ceil(least / step);
    const count = Math.floor(most / step) - first + 1;
    const every = Math.ceil(count / 8);
    return Array.from({ length: Math.max(0, Math.ceil(count / every)) }, (_, place) =>
        Number(((first + place * every) * step).toPrecision(12)),
    );
}
