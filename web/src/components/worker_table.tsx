import { computed } from '@preact/signals';
import { bytes, count, loss, milliseconds, missing, percent } from '../format';
import { matches, sort_rows } from '../models/rows';
import type { Worker } from '../protocol';
import { href_with, param } from '../route';
import { is_regression, workers } from '../store';
import { late } from '../late';
import { TableTools, set_sorting, sorting } from './table_tools';
import { VirtualTable, type Column } from './virtual_table';

const present = (worker: Worker, value: number | null): number | null => (worker.state === 'gone' ? null : value);

const columns: Column<Worker>[] = [
    {
        key: 'worker',
        title: 'Worker',
        value: (one) => one.worker,
        cell: (one) => (
            <>
                {one.name} <small>#{one.worker}</small>
            </>
        ),
    },
    {
        key: 'state',
        title: 'State',
        value: (one) => one.state,
        cell: (one) => (
            <>
                <span class={`state state-${one.state}`}>{one.state}</span>
                {late.value.has(one.worker) && (
                    <span class="late" title="far later than most in this round">
                        ▲ late
                    </span>
                )}
            </>
        ),
    },
    {
        key: 'clients',
        title: 'Clients',
        number: true,
        value: (one) => one.clients.length,
        cell: (one) => count(one.clients.length),
    },
    {
        key: 'samples',
        title: 'Samples',
        number: true,
        wide: true,
        value: (one) => one.samples,
        cell: (one) => count(one.samples),
    },
    {
        key: 'loss',
        title: 'Loss',
        number: true,
        value: (one) => one.loss,
        cell: (one) => loss(one.loss),
    },
    {
        key: 'accuracy',
        title: 'Accuracy',
        number: true,
        wide: true,
        value: (one) => one.accuracy,
        cell: (one) => percent(one.accuracy),
    },
    {
        key: 'cpu',
        title: 'CPU',
        number: true,
        wide: true,
        value: (one) => present(one, one.cpu_percent),
        cell: (one) => {
            const value = present(one, one.cpu_percent);
            return value === null ? missing : percent(value / 100, 0);
        },
    },
    {
        key: 'memory',
        title: 'Memory',
        number: true,
        wide: true,
        value: (one) => present(one, one.memory_bytes),
        cell: (one) => bytes(present(one, one.memory_bytes)),
    },
    {
        key: 'trip',
        title: 'Round trip',
        number: true,
        wide: true,
        value: (one) => present(one, one.round_trip_ms),
        cell: (one) => milliseconds(present(one, one.round_trip_ms)),
    },
    {
        key: 'sent',
        title: 'Sent',
        number: true,
        wide: true,
        value: (one) => one.bytes_sent,
        cell: (one) => bytes(one.bytes_sent),
    },
    {
        key: 'received',
        title: 'Received',
        number: true,
        wide: true,
        value: (one) => one.bytes_received,
        cell: (one) => bytes(one.bytes_received),
    },
];

/** The workers that the address asks for, in its order. */
export const chosen_workers = computed((): Worker[] => {
    const { sort, descending } = sorting('worker');
    const filter = param('filter');
    const state = param('state');
    const chosen = workers.value.filter(
        (one) =>
            (state === '' || one.state === state) &&
            matches(filter, `${one.name} #${one.worker} ${one.address} ${one.state} ${one.reason}`),
    );
    const column = columns.find((one) => one.key === sort) ?? columns[0]!;
    const sorted = sort_rows(chosen, column.value, descending);
    // Who is gone is below, whatever the order.
    return sort_rows(sorted, (one) => (one.state === 'gone' ? 1 : 0), false);
});

const states = ['joined', 'loading', 'receiving', 'training', 'sending', 'ready', 'gone'];

export function WorkerTable() {
    const { sort, descending } = sorting('worker');
    const shown = is_regression.value ? columns.filter((column) => column.key !== 'accuracy') : columns;
    return (
        <>
            <TableTools
                label="workers"
                shown={chosen_workers.value.length}
                all={workers.value.length}
                states={states}
            />
            <VirtualTable
                label="Workers"
                test_id="workers"
                row_test_id="worker-row"
                rows={chosen_workers.value}
                columns={shown}
                row_key={(one) => one.worker}
                row_state={(one) => one.state}
                is_open={(one) => param('worker_card') === String(one.worker)}
                link={(one) => href_with({ worker_card: String(one.worker), client: '' })}
                sort={sort}
                descending={descending}
                on_sort={set_sorting}
            />
        </>
    );
}
