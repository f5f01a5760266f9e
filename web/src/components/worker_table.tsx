import { computed } from '@preact/signals';
import { bytes, count, duration, loss, milliseconds, missing, percent } from '../format';
import { matches, sort_rows } from '../models/rows';
import type { Worker } from '../protocol/run';
import { href_with, param } from '../route';
import { is_regression, people } from '../store';
import { costs, late } from '../late';
import { worker_standing, worker_states } from '../models/worker_standing';
import { FilteredTable, in_order } from './filtered_table';
import { numbers, type Column } from './virtual_table';

const present = (worker: Worker, value: number | null): number | null => (worker.state === 'gone' ? null : value);

/** What it had when it had clients is nobody's any more. */
export const samples_of = ({ clients, samples }: Worker): number | null => (clients.length > 0 ? samples : null);

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
    numbers('clients', 'Clients', 9, (one) => one.clients.length, count),
    numbers('samples', 'Samples', 10, samples_of, count),
    numbers('takes', 'Takes', 9, (one) => costs.value.of.get(one.worker)?.until ?? null, duration),
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
    numbers('loss', 'Loss', 10, (one) => one.loss, loss),
    numbers('accuracy', 'Accuracy', 10, (one) => one.accuracy, percent),
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
    numbers('memory', 'Memory', 10, (one) => present(one, one.memory_bytes), bytes),
    numbers('trip', 'Round trip', 11, (one) => present(one, one.round_trip_ms), milliseconds),
    numbers('sent', 'Sent', 10, (one) => one.bytes_sent, bytes),
    numbers('received', 'Received', 10, (one) => one.bytes_received, bytes),
];

/** The workers that the address asks for, in its order. */
export const chosen_workers = computed((): Worker[] => {
    const filter = param('filter');
    const state = param('state');
    const chosen = people.value.filter(
        (one) =>
            (state === '' || worker_standing(one) === state) &&
            matches(filter, `${one.name} #${one.worker} ${one.address} ${worker_standing(one)} ${one.reason}`),
    );
    // Who is gone is below, whatever the order.
    return sort_rows(in_order(chosen, columns), (one) => (one.state === 'gone' ? 1 : 0), false);
});

export function WorkerTable() {
    return (
        <FilteredTable
            label="workers"
            one="worker"
            rows={chosen_workers.value}
            all={people.value.length}
            columns={is_regression.value ? columns.filter((column) => column.key !== 'accuracy') : columns}
            states={worker_states}
            row_key={(one) => one.worker}
            row_state={worker_standing}
            is_open={(one) => param('worker_card') === String(one.worker)}
            link={(one) => href_with({ worker_card: String(one.worker), client: '' })}
        />
    );
}
