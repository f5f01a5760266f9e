// How clients' tests were spread in rounds from before the page was opened, read from the history of runs.
import { signal } from '@preact/signals';
import { get_json } from './api';
import { spread, type Spread } from './models/fairness';
import type { Round, Tested } from './protocol';

/** Rounds that are asked for, spread over the run, as each is a request. */
const ask_limit = 24;
const kept = new Map<string, Map<number, Spread>>();
/** Rises when more is known. */
export const spreads_version = signal(0);
const asked = new Set<string>();

/** Once a run; what cannot be read stays missing. */
export async function read_spreads(run: string, rounds: readonly Round[]): Promise<void> {
    const tested = rounds.filter((round) => (round.test_clients ?? 0) > 1);
    if (tested.length === 0 || asked.has(run)) {
        return;
    }
    asked.add(run);
    const step = Math.max(1, Math.ceil(tested.length / ask_limit));
    const found = new Map<number, Spread>();
    kept.set(run, found);
    for (const { round } of tested.filter((_, place) => (tested.length - 1 - place) % step === 0)) {
        try {
            const clients = await get_json<Tested[]>(`runs/${run}/rounds/${round}/tests`);
            const one = spread(round, clients);
            if (one !== null) {
                found.set(round, one);
                spreads_version.value += 1;
            }
        } catch {
            return;
        }
    }
}

/** What was read and what was seen, ascending by round. */
export function with_past(run: string, seen: ReadonlyMap<number, Spread>): Spread[] {
    return [...new Map([...(kept.get(run) ?? []), ...seen]).values()].sort((a, b) => a.round - b.round);
}
