import { computed } from '@preact/signals';
import { bytes, count, duration, loss, milliseconds, missing, percent } from '../format';
import { matches, sort_rows } from '../models/rows';
import type { Worker } from '../protocol';
import { href_with, param } from '../route';
import { is_regression, workers } from '../store';
import { costs, late } from '../late';
import { worker_standing, worker_states } from '../models/worker_standing';
import { TableTools, set_sorting, sorting } from './table_tools';
import { VirtualTable, type Column } from './virtual_table';

const present = (worker: Worker, value: number | null): number | null => (worker.state === 'gone' ? null : value);

const columns: Column<Worker>[] = [
    {
        key: 'worker',
        title: 'Worker',
        width: 22,
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
        width: 16,
        value: (one) => worker_standing(one),
        cell: (one) => (
            <>
                <span class={`state state-${worker_standing(one).replace(' ', '-')}`} title={one.reason || undefined}>
                    {worker_standing(one)}
                </span>
                {late.value.has(one.worker) && (
                    <span class="late" title="In most of the last rounds it took over twice what others do">
                        ▲ late
                    </span>
                )}
            </>
        ),
    },
    {
        key: 'clients',
        title: 'Clients',
        width: 9,
        number: true,
        value: (one) => one.clients.length,
        cell: (one) => count(one.clients.length),
    },
    {
        key: 'samples',
        title: 'Samples',
        width: 10,
        number: true,
        value: (one) => one.samples,
        cell: (one) => count(one.samples),
    },
    {
        key: 'takes',
        title: 'Takes',
        width: 9,
        number: true,
        value: (one) => costs.value.of.get(one.worker)?.until ?? null,
        cell: (one) => duration(costs.value.of.get(one.worker)?.until),
    },
    {
        key: 'costs',
        title: 'Costs',
        width: 9,
        number: true,
        value: (one) => costs.value.of.get(one.worker)?.saves ?? null,
        cell: (one) => {
            const saves = costs.value.of.get(one.worker)?.saves ?? 0;
            return saves < 0.001 ? missing : duration(saves);
        },
    },
    {
        key: 'loss',
        title: 'Loss',
        width: 10,
        number: true,
        value: (one) => one.loss,
        cell: (one) => loss(one.loss),
    },
    {
        key: 'accuracy',
        title: 'Accuracy',
        width: 10,
        number: true,
        value: (one) => one.accuracy,
        cell: (one) => percent(one.accuracy),
    },
    {
        key: 'cpu',
        title: 'CPU',
        width: 7,
        number: true,
        value: (one) => present(one, one.cpu_percent),
        cell: (one) => {
            const value = present(one, one.cpu_percent);
            return value === null ? missing : percent(value / 100, 0);
        },
    },
    {
        key: 'memory',
        title: 'Memory',
        width: 10,
        number: true,
        value: (one) => present(one, one.memory_bytes),
        cell: (one) => bytes(present(one, one.memory_bytes)),
    },
    {
        key: 'trip',
        title: 'Round trip',
        width: 11,
        number: true,
        value: (one) => present(one, one.round_trip_ms),
        cell: (one) => milliseconds(present(one, one.round_trip_ms)),
    },
    {
        key: 'sent',
        title: 'Sent',
        width: 10,
        number: true,
        value: (one) => one.bytes_sent,
        cell: (one) => bytes(one.bytes_sent),
    },
    {
        key: 'received',
        title: 'Received',
        width: 10,
        number: true,
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
            (state === '' || worker_standing(one) === state) &&
            matches(filter, `${one.name} #${one.worker} ${one.address} ${worker_standing(one)} ${one.reason}`),
    );
    const column = columns.find((one) => one.key === sort) ?? columns[0]!;
    const sorted = sort_rows(chosen, column.value, descending);
    // Who is gone is below, whatever the order.
    return sort_rows(sorted, (one) => (one.state === 'gone' ? 1 : 0), false);
});

export function WorkerTable() {
    const { sort, descending } = sorting('worker');
    const shown = is_regression.value ? columns.filter((column) => column.key !== 'accuracy') : columns;
    return (
        <>
            <TableTools
                label="workers"
                shown={chosen_workers.value.length}
                all={workers.value.length}
                states={worker_states}
            />
            <VirtualTable
                label="Workers"
                test_id="workers"
                row_test_id="worker-row"
                rows={chosen_workers.value}
                columns={shown}
                row_key={(one) => one.worker}
                row_state={worker_standing}
                is_open={(one) => param('worker_card') === String(one.worker)}
                link={(one) => href_with({ worker_card: String(one.worker), client: '' })}
                sort={sort}
                descending={descending}
                on_sort={set_sorting}
            />
        </>
    );
}
