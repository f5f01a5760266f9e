// Clients by the worker that hosts them: what is odd with all of a worker's clients is the worker's.
import type { Client } from '../protocol/run';
import { median } from './statistics';

export interface ClientGroup {
    worker: number;
    clients: number;
    /** Of them: in rounds enough for a verdict, and odd by it. */
    judged: number;
    odd: number;
    loss: number | null;
    accuracy: number | null;
}

/** Of how many of a worker's clients there must be a verdict, if it has as many, before there is one of the worker. */
const fewest_judged = 4;

/** Those with the largest share of odd clients first. */
export function by_worker(
    all: readonly Client[],
    { judged, odd }: { judged: ReadonlySet<number>; odd: ReadonlyMap<number, unknown> },
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
        loss: middle(own.map((client) => client.loss)),
        accuracy: middle(own.map((client) => client.test_accuracy ?? client.accuracy)),
    }));
    return groups.sort((a, b) => b.odd / b.clients - a.odd / a.clients || a.worker - b.worker);
}

/** Whether it can be said if it is the worker that is odd. */
export function is_settled({ clients, judged }: ClientGroup): boolean {
    return judged >= Math.min(clients, fewest_judged);
}

/** Whether so many of its clients stand out that it is the worker's doing. */
export function is_odd(group: ClientGroup): boolean {
    return group.odd > 0 && 2 * group.odd >= group.judged && is_settled(group);
}
