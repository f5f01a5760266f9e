import { computed } from '@preact/signals';
import { count, duration, fixed, loss, missing, percent } from '../format';
import { beat } from '../late';
import { by_worker, type ClientGroup } from '../models/client_groups';
import type { Journal } from '../models/journal';
import { matches } from '../models/rows';
import type { OpenRound } from '../model';
import { journal } from '../past';
import type { Client } from '../protocol/run';
import { href_with, param } from '../route';
import { drop_reason, test_reason } from '../sentences';
import { clients, is_regression, open_round, rounds, workers } from '../store';
import { FilteredTable, in_order } from './filtered_table';
import { numbers, type Column } from './virtual_table';

/** Whose last rounds were enough for a verdict, and who stood out in them, and by what. */
export const verdicts = computed((): Pick<Journal, 'judged' | 'odd'> => {
    void beat.value;
    return { judged: new Map(journal.judged), odd: new Map(journal.odd) };
});

export const odd_clients = computed((): ReadonlyMap<number, string[]> => verdicts.value.odd);

/** Clients by worker; none while nobody stands out. */
export function odd_groups(): ClientGroup[] {
    return odd_clients.value.size === 0 ? [] : by_worker(clients.value, verdicts.value);
}

/** Rounds that each client was left out of. */
export const absences = computed(() => {
    const found = new Map<number, number>();
    for (const round of rounds.value) {
        for (const { client } of round.dropped) {
            found.set(client, (found.get(client) ?? 0) + 1);
        }
    }
    return found;
});

export const standings = ['at work', 'answered', 'left out', 'idle', 'no worker'] as const;
type Standing = (typeof standings)[number];

export function standing(client: Client, open: OpenRound | null): Standing {
    if (client.worker === null) {
        return 'no worker';
    }
    if (open?.cohort.includes(client.client)) {
        if (open.updated.includes(client.client)) {
            return 'answered';
        }
        return open.dropped.includes(client.client) ? 'left out' : 'at work';
    }
    return client.reason !== '' ? 'left out' : 'idle';
}

const names = computed(() => new Map(workers.value.map((worker) => [worker.worker, worker.name])));

export function worker_name(worker: number | null): string {
    return worker === null ? missing : (names.value.get(worker) ?? `#${worker}`);
}

/** Columns that say nothing of the other kind. */
const of_classes = ['accuracy', 'test_accuracy'];
const of_numbers = ['test_rmse', 'test_r2'];

/** A result, or the word for why there is none. */
function tested(client: Client, result: string) {
    return client.test_reason === '' ? (
        result
    ) : (
        <span class="state standing-left-out" title={test_reason(client.test_reason)}>
            {client.test_reason.replaceAll('_', ' ')}
        </span>
    );
}

const columns: Column<Client>[] = [
    {
        key: 'client',
        title: 'Client',
        width: 13,
        value: (one) => one.client,
        cell: (one) => (
            <>
                {one.client}
                {odd_clients.value.has(one.client) && (
                    <span class="odd" title={odd_clients.value.get(one.client)!.join('\n')}>
                        ◆ odd
                    </span>
                )}
            </>
        ),
    },
    {
        key: 'state',
        title: 'State',
        width: 11,
        value: (one) => standing(one, open_round.value),
        cell: (one) => {
            const name = standing(one, open_round.value);
            return (
                <span
                    class={`state standing-${name.replace(' ', '-')}`}
                    title={one.reason === '' ? undefined : drop_reason(one.reason)}
                >
                    {name}
                </span>
            );
        },
    },
    {
        key: 'worker',
        title: 'Worker',
        width: 15,
        value: (one) => one.worker,
        cell: (one) => worker_name(one.worker),
    },
    numbers('samples', 'Samples', 9, (one) => one.samples, count),
    numbers('round', 'Round', 8, (one) => one.round, count),
    numbers('loss', 'Loss', 9, (one) => one.loss, loss),
    numbers('accuracy', 'Accuracy', 10, (one) => one.accuracy, percent),
    {
        key: 'test_accuracy',
        title: 'Test accuracy',
        width: 13,
        number: true,
        value: (one) => one.test_accuracy,
        cell: (one) => tested(one, percent(one.test_accuracy)),
    },
    {
        key: 'test_rmse',
        title: 'RMSE',
        width: 10,
        number: true,
        value: (one) => one.test_rmse,
        cell: (one) => tested(one, loss(one.test_rmse)),
    },
    {
        key: 'test_r2',
        title: 'R²',
        width: 9,
        number: true,
        value: (one) => one.test_r2,
        cell: (one) => fixed(one.test_r2, 3),
    },
    numbers('seconds', 'Took', 8, (one) => one.seconds, duration),
    numbers('distance', 'Distance', 10, (one) => one.distance, loss),
    numbers('cosine', 'Cosine', 8, (one) => one.cosine, fixed),
    numbers('absences', 'Left out', 9, (one) => absences.value.get(one.client) ?? 0, count),
];

export function ClientTable() {
    if (clients.value.length === 0) {
        return <p class="hint">Clients are listed here once workers host them.</p>;
    }
    const filter = param('filter');
    const state = param('state');
    const open = open_round.value;
    const chosen = clients.value.filter((one) => {
        const stands = standing(one, open);
        const odd = odd_clients.value.has(one.client) ? 'odd' : '';
        return (
            (state === '' || stands === state || state === odd) &&
            matches(filter, `client ${one.client} ${worker_name(one.worker)} ${stands} ${one.reason} ${odd}`)
        );
    });
    const other = is_regression.value ? of_classes : of_numbers;
    // Where the master tests, clients have no tests to show.
    const are_tested = clients.value.some((one) => one.test_round !== null);
    return (
        <FilteredTable
            label="clients"
            one="client"
            rows={in_order(chosen, columns)}
            all={clients.value.length}
            columns={columns.filter((one) => !other.includes(one.key) && (are_tested || !one.key.startsWith('test_')))}
            states={[...standings, 'odd']}
            row_key={(one) => one.client}
            row_state={(one) => standing(one, open)}
            is_open={(one) => param('client') === String(one.client)}
            link={(one) => href_with({ client: String(one.client), worker_card: '' })}
        />
    );
}
