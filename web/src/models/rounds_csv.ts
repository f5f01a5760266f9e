// Every round of some runs as CSV, with all digits.
import type { Round } from '../protocol/run';
import { csv } from './csv';
import { own_metrics, own_value } from './own_metrics';

const fields = [
    'round',
    'train_loss',
    'train_accuracy',
    'test_loss',
    'test_accuracy',
    'test_r2',
    'test_rmse',
    'test_mae',
    'test_auc',
    'bytes_sent',
    'bytes_received',
    'time',
] as const;

const phases = ['loading_dataset', 'distributing_model', 'distributing_weights', 'training', 'aggregating', 'evaluating'];

/** A line a round. What trainers of one's own tell comes last. */
export function rounds_csv(runs: readonly { run: string; rounds: readonly Round[] }[]): string {
    const own = own_metrics(runs.flatMap(({ rounds }) => rounds));
    const header = ['run', ...fields, 'cohort', 'dropped', ...phases.map((phase) => `seconds_${phase}`), ...own];
    const rows = runs.flatMap(({ run, rounds }) =>
        rounds.map((round) => [
            run,
            ...fields.map((field) => round[field] ?? null),
            round.cohort.length,
            round.dropped.length,
            ...phases.map((phase) => round.seconds[phase] ?? null),
            ...own.map((name) => own_value(round, name)),
        ]),
    );
    return csv(header, rows);
}
