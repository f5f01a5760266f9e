// Runs of the history as files.
import { save_file } from './download';
import { csv } from './models/csv';
import { json_text } from './models/exact_json';
import { loaded, runs } from './runs';

const round_fields = [
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

export function export_csv(chosen: readonly string[]): void {
    const phases = [
        'loading_dataset',
        'distributing_model',
        'distributing_weights',
        'training',
        'aggregating',
        'evaluating',
    ];
    const rows = chosen.flatMap((run) =>
        (loaded.value.get(run)?.rounds ?? []).map((round) => [
            run,
            ...round_fields.map((field) => round[field] ?? null),
            round.cohort.length,
            round.dropped.length,
            ...phases.map((phase) => round.seconds[phase] ?? null),
        ]),
    );
    const header = ['run', ...round_fields, 'cohort', 'dropped', ...phases.map((phase) => `seconds_${phase}`)];
    save_file('fedasio-runs.csv', 'text/csv', csv(header, rows));
}

export function export_json(chosen: readonly string[]): void {
    const all = chosen.map((run) => ({
        ...runs.value?.find((one) => one.run === run),
        plan_json: loaded.value.get(run)?.plan ?? null,
        rounds: loaded.value.get(run)?.rounds ?? [],
    }));
    save_file('fedasio-runs.json', 'application/json', json_text(all));
}
