// Which key of the plan matters: how much of what tells runs apart each explains alone.
import { sort_key } from './sweeps';

/** Values of a number that are looked at one by one; of more the ranges that hold as many of them each. */
const most_levels = 5;

/**
 * The part of the variance of the results that runs with different values of a key differ by, from 0 to 1: epsilon
 * squared of a one-way analysis of variance (Kelley 1935), which is 0 in the mean of a key without effect, of however
 * many values. null where there are too few runs to tell.
 */
export function explained(values: readonly (string | null)[], results: readonly number[]): number | null {
    const groups = new Map<string, number[]>();
    levels(values).forEach((level, place) => groups.set(level, [...(groups.get(level) ?? []), results[place]!]));
    const within = [...groups.values()].reduce((sum, group) => sum + squares(group), 0);
    const all = squares(results);
    const free = results.length - groups.size;
    if (groups.size < 2 || free < 2 || all === 0) {
        return null;
    }
    return Math.max(0, (all - within - ((groups.size - 1) * within) / free) / all);
}

function squares(values: readonly number[]): number {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function levels(values: readonly (string | null)[]): string[] {
    const keys = values.map((value) => sort_key(value));
    const numbers = [...keys].filter((key) => typeof key === 'number').sort((a, b) => a - b);
    const is_many = new Set(numbers).size > most_levels;
    return keys.map((key) =>
        typeof key === 'number' && is_many
            ? String(Math.floor((numbers.indexOf(key) * most_levels) / numbers.length))
            : String(key),
    );
}
