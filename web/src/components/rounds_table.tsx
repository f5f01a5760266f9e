import { bytes, count, duration, loss, percent } from '../format';
import { total_seconds } from '../models/curves';
import { rounds } from '../store';
import { DataTable } from './data_table';

const columns = [
    'Round',
    'Cohort',
    'Left out',
    'Train accuracy',
    'Test accuracy',
    'Train loss',
    'Test loss',
    'Time',
    'Sent',
    'Received',
];

/** More rows than that would slow every round down. */
const row_limit = 500;

export function RoundsTable() {
    const list = rounds.value;
    return (
        <DataTable
            summary={`Numbers of every round (${count(list.length)})`}
            test_id="rounds-table"
            columns={columns}
            rows={() =>
                list
                    .slice(-row_limit)
                    .reverse()
                    .map((round) => [
                        round.round,
                        count(round.cohort.length),
                        count(round.dropped.length),
                        percent(round.train_accuracy),
                        percent(round.test_accuracy),
                        loss(round.train_loss),
                        loss(round.test_loss),
                        duration(total_seconds(round)),
                        bytes(round.bytes_sent),
                        bytes(round.bytes_received),
                    ])
            }
        >
            {list.length > row_limit && (
                <p class="hint">
                    These are the last {count(row_limit)}; all are at <code>/api/v1/rounds</code>.
                </p>
            )}
        </DataTable>
    );
}
