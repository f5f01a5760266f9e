// Runs of the history as files.
import { save_file } from './download';
import { json_text } from './models/exact_json';
import { rounds_csv } from './models/rounds_csv';
import { loaded, runs } from './runs';

export function export_csv(chosen: readonly string[]): void {
    const all = chosen.map((run) => ({ run, rounds: loaded.value.get(run)?.rounds ?? [] }));
    save_file('fedasio-runs.csv', 'text/csv', rounds_csv(all));
}

export function export_json(chosen: readonly string[]): void {
    const all = chosen.map((run) => ({
        ...runs.value?.find((one) => one.run === run),
        plan_json: loaded.value.get(run)?.plan ?? null,
        rounds: loaded.value.get(run)?.rounds ?? [],
    }));
    save_file('fedasio-runs.json', 'application/json', json_text(all));
}
