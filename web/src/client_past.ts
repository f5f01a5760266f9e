// Rounds of a client from before the page was opened, read from the history of runs.
import { signal } from '@preact/signals';
import { get_json } from './api';
import { empty_round, type ClientRound } from './models/journal';
import type { Round } from './protocol/run';

interface Row {
    client: number;
    loss: number | null;
    accuracy: number | null;
    seconds: number | null;
    reason: string;
    detail: string;
}

/** More rounds than that are not asked for, as each is a request. */
export const ask_limit = 30;
const kept_limit = 300;
const kept = new Map<string, Row[]>();
/** Rises when more is known. */
export const client_past_version = signal(0);

/** Reads what is missing of a client's latest rounds; what cannot be read stays missing. */
export async function read_past(
    run: string,
    client: number,
    rounds: readonly Round[],
    known: ReadonlySet<number>,
): Promise<void> {
    const wanted = rounds
        .filter((round) => round.cohort.includes(client) && !known.has(round.round))
        .slice(-ask_limit)
        .filter((round) => !kept.has(`${run}/${round.round}`));
    for (const { round } of wanted) {
        try {
            kept.set(`${run}/${round}`, await get_json<Row[]>(`runs/${run}/rounds/${round}/clients`));
        } catch {
            return;
        }
        const oldest = kept.keys().next();
        if (kept.size > kept_limit && !oldest.done) {
            kept.delete(oldest.value);
        }
        client_past_version.value += 1;
    }
}

/** What the page saw of a client's rounds, and what it read, ascending. */
export function client_rounds(
    run: string,
    client: number,
    rounds: readonly Round[],
    seen: readonly ClientRound[],
): ClientRound[] {
    const all = new Map(seen.map((one) => [one.round, one]));
    for (const { round } of rounds) {
        const row = all.has(round) ? undefined : kept.get(`${run}/${round}`)?.find((one) => one.client === client);
        if (row !== undefined) {
            const { loss, accuracy, seconds, reason, detail } = row;
            all.set(round, {
                ...empty_round(round),
                loss,
                accuracy,
                seconds,
                reason: reason ?? '',
                detail: detail ?? '',
            });
        }
    }
    return [...all.values()].sort((a, b) => a.round - b.round);
}
