import { count, loss, percent } from '../format';
import { median } from '../models/statistics';
import type { Client } from '../protocol';
import { href_with } from '../route';
import { clients, is_regression } from '../store';
import { odd_clients, worker_name } from './client_table';

const shown = 12;

interface Group {
    worker: number;
    clients: number;
    odd: number;
    loss: number | null;
    accuracy: number | null;
}

/** Clients by the worker that hosts them: what is odd with all of a worker's is the worker's. */
export function ClientGroups() {
    const groups = by_worker(clients.value, odd_clients.value);
    if (groups.length < 2) {
        return null;
    }
    return (
        <section class="groups" aria-labelledby="groups-title">
            <h3 id="groups-title">By worker</h3>
            <ul data-testid="client-groups">
                {groups.slice(0, shown).map((group) => (
                    <li key={group.worker} class={group.odd > 0 && group.odd === group.clients ? 'group-odd' : undefined}>
                        <a class="one-line" href={href_with({ filter: worker_name(group.worker), client: '' })}>
                            {worker_name(group.worker)}
                        </a>
                        <span>
                            {group.odd > 0
                                ? `${count(group.odd)} of ${count(group.clients)} odd`
                                : `${count(group.clients)} ${group.clients === 1 ? 'client' : 'clients'}`}
                        </span>
                        <span class="number">
                            {is_regression.value || group.accuracy === null ? loss(group.loss) : percent(group.accuracy)}
                        </span>
                    </li>
                ))}
            </ul>
            {groups.length > shown && <p class="hint">and {count(groups.length - shown)} more workers</p>}
        </section>
    );
}

/** Those with the largest share of odd clients first. */
function by_worker(all: readonly Client[], odd: ReadonlyMap<number, unknown>): Group[] {
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
    const groups = [...of].map(([worker, own]): Group => ({
        worker,
        clients: own.length,
        odd: own.filter((client) => odd.has(client.client)).length,
        loss: middle(own.map((client) => client.loss)),
        accuracy: middle(own.map((client) => client.test_accuracy ?? client.accuracy)),
    }));
    return groups.sort((a, b) => b.odd / b.clients - a.odd / a.clients || a.worker - b.worker);
}
