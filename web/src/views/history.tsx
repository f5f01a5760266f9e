import { useEffect, useMemo } from 'preact/hooks';
import { Parallel } from '../components/parallel';
import { PlanDiff } from '../components/plan_diff';
import { RunCurves } from '../components/run_curves';
import { words_of } from '../components/run_columns';
import { RunTable } from '../components/run_table';
import { SavedModels } from '../components/saved_models';
import { SweepScatter } from '../components/sweep_scatter';
import { chosen_runs } from '../components/chosen_runs';
import { export_csv, export_json } from '../run_exports';
import { passes } from '../models/run_filter';
import { most_own, run_results } from '../models/run_results';
import { plan_keys } from '../models/sweeps';
import type { Run } from '../protocol/history';
import { href, opened_run, param } from '../route';
import { plans } from '../run_plans';
import { loaded, read_run, read_runs, runs, runs_error } from '../runs';
import { is_live, present, rounds, state, status } from '../store';

const refresh_ms = 10_000;

export function HistoryView() {
    const known = status.value!;
    /** The run that goes on here, whichever is opened. */
    const own = present.value?.status.run ?? '';
    const chosen = chosen_runs.value;
    const training = state.value?.training;
    // A training that ends, or a master that is back, may have another history to tell.
    useEffect(() => {
        if (known.state_dir && is_live.value) {
            void read_runs(true);
        }
    }, [training, is_live.value, known.run, known.state_dir]);
    // Table and drawings come at once: those of runs without plans would move when these are there.
    const list = plans.value === null ? null : runs.value;
    const done = rounds.value.at(-1)?.round ?? 0;
    const rounds_of = (run: string): number => list?.find((one) => one.run === run)?.rounds ?? 0;
    // The present run grows while it is looked at; its rounds are read again now and then.
    const read_up_to = chosen.map((run) => (run === known.run ? Math.floor(done / refresh_rounds(done)) : rounds_of(run)));
    useEffect(() => {
        for (const run of chosen) {
            const last = loaded.peek().get(run)?.rounds.at(-1)?.round ?? 0;
            if (!loaded.peek().has(run) || run === known.run || last < rounds_of(run)) {
                void read_run(run);
            }
        }
    }, [chosen.join(' '), read_up_to.join(' ')]);
    // Nobody says when a run of another master or of a sweep has gone on.
    const goes_on = known.run === '' && list?.some(({ outcome }) => outcome === null);
    useEffect(() => {
        // Plans stay as they are.
        const ask = (): void => void read_runs(runs.peek()?.some(({ run }) => plans.peek()?.has(run) !== true));
        const timer = goes_on ? setInterval(() => document.hidden || ask(), refresh_ms) : undefined;
        return () => clearInterval(timer);
    }, [goes_on]);
    return (
        <>
            <section class="card" aria-labelledby="runs-title">
                <div class="card-head">
                    <h2 id="runs-title">Runs</h2>
                    <div class="tools">
                        {known.state_dir && (
                            <button type="button" onClick={() => void read_runs(true)}>
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
                ) : list === null ? (
                    runs_error.value === null && <p class="hint">Reading the history…</p>
                ) : list.length === 0 ? (
                    <p class="hint">No run is in the history yet.</p>
                ) : (
                    <Runs all={list} present={own} />
                )}
                {known.models.length > 0 && list !== null && (
                    <SavedModels names={known.models} present={own} />
                )}
            </section>
            {/* Not while the table above is read, which would move it. */}
            {(list !== null || !known.state_dir) && <Compare chosen={chosen} />}
        </>
    );
}

/** Table and drawings are of the same runs: those that the filter lets through. */
function Runs({ all, present }: { all: readonly Run[]; present: string }) {
    const known = plans.value!;
    const keys = useMemo(() => plan_keys(all, known), [all, known]);
    const told = useMemo(() => run_results(all, known), [all, known]);
    const results = useMemo(() => run_results(all, known, most_own), [all, known]);
    const filter = param('filter');
    const passing = useMemo(
        () => all.filter((run) => passes(filter, run, words_of(run, present), keys, told)),
        [all, keys, told, filter, present],
    );
    return (
        <>
            <RunTable runs={all} passing={passing} keys={keys} results={results} present={present} />
            <div class="sweep-pair">
                <SweepScatter runs={passing} results={results} />
                <Parallel runs={passing} results={results} />
            </div>
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
                    <SaveButton kind="csv" save={export_csv} chosen={chosen} />
                    <SaveButton kind="json" save={export_json} chosen={chosen} />
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

interface SaveProps {
    kind: string;
    save: (chosen: readonly string[]) => void;
    chosen: readonly string[];
}

function SaveButton({ kind, save, chosen }: SaveProps) {
    return (
        <button
            type="button"
            data-testid={`export-${kind}`}
            title={`Save every round of these runs as ${kind.toUpperCase()}`}
            disabled={chosen.length === 0}
            onClick={() => save(chosen)}
        >
            {kind.toUpperCase()} ↓
        </button>
    );
}

/** The longer a run, the rarer it is read as a whole. */
function refresh_rounds(done: number): number {
    return Math.max(5, Math.ceil(done / 20));
}

/** What can be taken of the run that is shown. */
function ThisRun({ run, has_rounds }: { run: string; has_rounds: boolean }) {
    if (!has_rounds) {
        return (
            <button type="button" disabled title="There is none before the first round">
                Report ↓
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
                title="Report of this run"
            >
                Report ↓
            </a>
            {!is_past && (
                <a class="button" href="api/v1/model" download data-testid="download-model" title="Its weights, as safetensors">
                    Weights ↓
                </a>
            )}
        </>
    );
}
