import { useEffect } from 'preact/hooks';
import { Parallel } from '../components/parallel';
import { PlanDiff } from '../components/plan_diff';
import { RunCurves } from '../components/run_curves';
import { RunTable } from '../components/run_table';
import { SavedModels } from '../components/saved_models';
import { SweepScatter } from '../components/sweep_scatter';
import { chosen_runs } from '../components/chosen_runs';
import { csv } from '../models/csv';
import { json_text } from '../models/exact_json';
import { save_file } from '../download';
import { href, opened_run } from '../route';
import { read_plans } from '../run_plans';
import { loaded, read_run, read_runs, runs, runs_error } from '../runs';
import { is_live, rounds, state, status } from '../store';

export function HistoryView() {
    const known = status.value!;
    const chosen = chosen_runs.value;
    const training = state.value?.training;
    // A training that ends, or a master that is back, may have another history to tell.
    useEffect(() => {
        if (known.state_dir && is_live.value) {
            void read_runs();
        }
    }, [training, is_live.value, known.run, known.state_dir]);
    const list = runs.value;
    useEffect(() => {
        void read_plans((list ?? []).map((run) => run.run));
    }, [list]);
    const done = rounds.value.at(-1)?.round ?? 0;
    const key = chosen.join(' ');
    useEffect(() => {
        for (const run of chosen) {
            if (!loaded.peek().has(run) || run === known.run) {
                void read_run(run);
            }
        }
        // The present run grows while it is looked at; its rounds are read again now and then.
    }, [key, chosen.includes(known.run) ? Math.floor(done / refresh_rounds(done)) : 0]);
    return (
        <>
            <section class="card" aria-labelledby="runs-title">
                <div class="card-head">
                    <h2 id="runs-title">Runs</h2>
                    <div class="tools">
                        {known.state_dir && (
                            <button type="button" onClick={() => void read_runs()}>
                                Refresh
                            </button>
                        )}
                        {known.run !== '' && <ThisRun run={known.run} has_rounds={rounds.value.length > 0} />}
                    </div>
                </div>
                {runs_error.value !== null && (
                    <p class="dialog-said" role="alert">
                        {runs_error.value}
                    </p>
                )}
                {!known.state_dir ? (
                    <p class="hint">There is no history: the master keeps no state.</p>
                ) : runs.value === null ? (
                    runs_error.value === null && <p class="hint">Reading the history…</p>
                ) : runs.value.length === 0 ? (
                    <p class="hint">No run is in the history yet.</p>
                ) : (
                    <>
                        <RunTable runs={runs.value} present={known.run} />
                        <div class="sweep-pair">
                            <SweepScatter runs={runs.value} />
                            <Parallel runs={runs.value} />
                        </div>
                    </>
                )}
                {known.models.length > 0 && list !== null && (
                    <SavedModels names={known.models} present={known.run} />
                )}
            </section>
            {/* Not while the table above is read, which would move it. */}
            {(list !== null || !known.state_dir) && <Compare chosen={chosen} />}
        </>
    );
}

/** The chosen runs over each other. */
function Compare({ chosen }: { chosen: readonly string[] }) {
    return (
        <section class="card" aria-labelledby="overlay-title">
            <div class="card-head">
                <h2 id="overlay-title">Compare</h2>
                <div class="tools">
                    <button
                        type="button"
                        data-testid="export-csv"
                        disabled={chosen.length === 0}
                        onClick={() => export_csv(chosen)}
                    >
                        CSV ↓
                    </button>
                    <button
                        type="button"
                        data-testid="export-json"
                        disabled={chosen.length === 0}
                        onClick={() => export_json(chosen)}
                    >
                        JSON ↓
                    </button>
                </div>
            </div>
            {chosen.length === 0 ? (
                <p class="hint">
                    Choose runs above: their curves are laid over each other here, and their plans compared.
                </p>
            ) : (
                <>
                    <RunCurves />
                    <PlanDiff />
                    {chosen.length === 1 && loaded.value.has(chosen[0]!) && (
                        <p>
                            <a class="button" href={href('plan', { base: chosen[0]! })}>
                                Edit its plan for a new run
                            </a>
                        </p>
                    )}
                </>
            )}
        </section>
    );
}

/** The longer a run, the rarer it is read as a whole. */
function refresh_rounds(done: number): number {
    return Math.max(5, Math.ceil(done / 20));
}

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

function export_csv(chosen: readonly string[]): void {
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

function export_json(chosen: readonly string[]): void {
    const all = chosen.map((run) => ({
        ...runs.value?.find((one) => one.run === run),
        plan_json: loaded.value.get(run)?.plan ?? null,
        rounds: loaded.value.get(run)?.rounds ?? [],
    }));
    save_file('fedasio-runs.json', 'application/json', json_text(all));
}

/** What can be taken of the run that is shown. */
function ThisRun({ run, has_rounds }: { run: string; has_rounds: boolean }) {
    if (!has_rounds) {
        return (
            <button type="button" disabled title="There is none before the first round">
                Report of this run
            </button>
        );
    }
    const is_past = opened_run.value !== '';
    return (
        <>
            <a
                class="button"
                href={is_past ? `api/v1/runs/${run}/report` : 'api/v1/report'}
                download="report.json"
                data-testid="download-report"
            >
                Report of this run
            </a>
            {!is_past && (
                <a class="button" href="api/v1/model" download data-testid="download-model">
                    Download the weights
                </a>
            )}
        </>
    );
}
