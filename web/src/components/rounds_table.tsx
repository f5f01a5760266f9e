import { bytes, count, duration, fixed, loss, percent } from '../format';
import { total_seconds } from '../models/curves';
import { rounds_csv } from '../models/rounds_csv';
import type { Round } from '../protocol/run';
import { is_regression, rounds, rounds_lost, status } from '../store';
import { DataTable } from './data_table';

/** Of a round's test beside its loss: of classes, and of numbers. */
const of_classes: [string, (round: Round) => string][] = [
    ['Train accuracy', (round) => percent(round.train_accuracy)],
    ['Test accuracy', (round) => percent(round.test_accuracy)],
    ['Median client', (round) => percent(round.test_accuracy_median)],
    ['AUC', (round) => fixed(round.test_auc, 3)],
];
const of_numbers: [string, (round: Round) => string][] = [
    ['R²', (round) => fixed(round.test_r2, 3)],
    ['RMSE', (round) => loss(round.test_rmse)],
    ['Median client', (round) => loss(round.test_rmse_median)],
    ['MAE', (round) => loss(round.test_mae)],
];

/** More rows than that would slow every round down. */
const row_limit = 500;

export function RoundsTable() {
    const list = rounds.value;
    const metrics = is_regression.value ? of_numbers : of_classes;
    return (
        <DataTable
            summary={`Numbers of every round (${count(list.length)})`}
            test_id="rounds-table"
            columns={[
                'Round',
                'Cohort',
                'Left out',
                ...metrics.map(([name]) => name),
                'Train loss',
                'Test loss',
                'Time',
                'Sent',
                'Received',
            ]}
            whole_csv={() => rounds_csv([{ run: status.value?.run ?? '', rounds: list }])}
            rows={() =>
                list
                    .slice(-row_limit)
                    .reverse()
                    .map((round) => [
                        round.round,
                        count(round.cohort.length),
                        count(round.dropped.length),
                        ...metrics.map(([, text]) => text(round)),
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
            {rounds_lost.value > 0 && (
                <p class="hint">
                    {count(rounds_lost.value)} rounds before these are no longer known: the master
                    keeps older ones in a state folder only.
                </p>
            )}
        </DataTable>
    );
}
