// How clients' tests were spread in rounds from before the page was opened, read from the history of runs.
import { signal } from '@preact/signals';
import { get_json } from './api';
import type { Spread } from './models/fairness';

const kept = signal<{ run: string; spreads: readonly Spread[] }>({ run: '', spreads: [] });
let asked = '';

/** Once a run and process; what cannot be read stays missing. */
export async function read_spreads(run: string, instance: string): Promise<void> {
    const key = `${instance}/${run}`;
    if (asked === key) {
        return;
    }
    asked = key;
    const spreads = await get_json<Spread[]>(`runs/${run}/spreads`).catch(() => []);
    if (asked === key) {
        kept.value = { run, spreads };
    }
}

/** What was read and what was seen, ascending by round. */
export function with_past(run: string, seen: ReadonlyMap<number, Spread>): Spread[] {
    const read = kept.value.run === run ? kept.value.spreads : [];
    return [...new Map([...read.map((one) => [one.round, one] as const), ...seen]).values()].sort((a, b) => a.round - b.round);
}
