// An axis of runs by a key of their plans: numbers by their size, or by their logarithm where they lie far apart; words one
// below the other.
import { sort_key } from './sweeps';

export interface ParallelAxis {
    title: string;
    /** From 0 to 1, from bottom to top. */
    at: (key: string) => number;
    ticks: { share: number; name: string }[];
}

const log_from = 10;
const most_names = 8;

export function parallel_axes(
    title: string,
    values: readonly { key: string; value: string | null }[],
    text: (value: number) => string = (value) => String(Number.isInteger(value) ? value : Number(value.toPrecision(3))),
): ParallelAxis {
    const keys = new Map(values.map(({ key, value }) => [key, sort_key(value)]));
    const distinct = [...new Set(keys.values())];
    const numbers = distinct.filter((value) => typeof value === 'number').sort((a, b) => a - b);
    if (numbers.length === distinct.length) {
        return of_numbers(title, keys as Map<string, number>, numbers, text);
    }
    const nothing = '–';
    const names = distinct
        .map((value) => String(value ?? nothing))
        .sort((a, b) => Number(a === nothing) - Number(b === nothing) || a.localeCompare(b, 'en', { numeric: true }));
    const every = Math.ceil(names.length / most_names);
    const share = (name: string): number => (names.length < 2 ? 0.5 : names.indexOf(name) / (names.length - 1));
    return {
        title,
        at: (key) => share(String(keys.get(key) ?? '–')),
        // Of long ones the ends differ: they are files.
        ticks: names
            .filter((_, place) => place % every === 0)
            .map((name) => ({ share: share(name), name: name.length > 12 ? `…${name.slice(-11)}` : name })),
    };
}

function of_numbers(title: string, keys: ReadonlyMap<string, number>, numbers: readonly number[], text: (value: number) => string): ParallelAxis {
    const least = numbers[0]!;
    const most = numbers.at(-1)!;
    const is_log = least > 0 && most / least >= log_from;
    const into = (value: number): number => (is_log ? Math.log(value) : value);
    const share = (value: number): number => (most === least ? 0.5 : (into(value) - into(least)) / (into(most) - into(least)));
    const named = numbers.length <= most_names ? numbers : [least, most];
    // Names that would stand on each other are left out, but for the ends.
    const kept = named.filter((value, place) => place === 0 || value === most || (share(value) - share(named[place - 1]!) > 0.07 && share(most) - share(value) > 0.07));
    return {
        title,
        at: (key) => share(keys.get(key)!),
        ticks: kept.map((value) => ({ share: share(value), name: text(value) })),
    };
}
