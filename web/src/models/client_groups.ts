// Clients by the worker that hosts them: what is odd with all of a worker's clients is the worker's.
import type { Client } from '../protocol/run';
import { median } from './statistics';

export interface ClientGroup {
    worker: number;
    clients: number;
    /** Of them: in rounds enough for a verdict, and odd by it. */
    judged: number;
    odd: number;
    /** Round of the first verdict on one that is odd. */
    since: number;
    loss: number | null;
    accuracy: number | null;
}

/** Of how many of a worker's clients there must be a verdict, if it has as many, before there is one of the worker. */
const fewest_judged = 4;

/** So many rounds after the first verdict it is no longer waited for more of them: who is always late gets none. */
const patience = 20;

/** Those with the largest share of odd clients first, of those that were judged. */
export function by_worker(
    all: readonly Client[],
    { judged, odd }: { judged: ReadonlyMap<number, number>; odd: ReadonlyMap<number, unknown> },
): ClientGroup[] {
    const of = new Map<number, Client[]>();
    for (const client of all) {
        if (client.worker !== null) {
            const own = of.get(client.worker);
            if (own === undefined) {
                of.set(client.worker, [client]);
            } else {
                own.push(client);
            }
        }
    }
    const middle = (values: (number | null)[]): number | null => {
        const known = values.filter((value) => value !== null);
        return known.length > 0 ? median(known) : null;
    };
    const groups = [...of].map(([worker, own]): ClientGroup => ({
        worker,
        clients: own.length,
        judged: own.filter(({ client }) => judged.has(client)).length,
        odd: own.filter(({ client }) => odd.has(client)).length,
        since: Math.min(...own.flatMap(({ client }) => (odd.has(client) ? (judged.get(client) ?? []) : []))),
        loss: middle(own.map((client) => client.loss)),
        accuracy: middle(own.map((client) => client.test_accuracy ?? client.accuracy)),
    }));
    const share = (group: ClientGroup): number => group.odd / Math.max(1, group.judged);
    return groups.sort((a, b) => share(b) - share(a) || b.odd - a.odd || a.worker - b.worker);
}

/** Whether it can be said if it is the worker that is odd. */
export function is_settled({ clients, judged }: ClientGroup): boolean {
    return judged >= Math.min(clients, fewest_judged);
}

/** Whether it will soon be said if those of its clients that stand out do so with the others. */
export function is_awaited(group: ClientGroup, round: number): boolean {
    return !is_settled(group) && round - group.since < patience;
}

/** Whether so many of its clients stand out that it is the worker's doing. */
export function is_odd(group: ClientGroup): boolean {
    return group.odd > 0 && 2 * group.odd >= group.judged && is_settled(group);
}
