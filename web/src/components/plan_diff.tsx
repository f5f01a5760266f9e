import { useMemo } from 'preact/hooks';
import { count, loss, missing, percent, plural } from '../format';
import { best_of } from '../models/comparison';
import { compare_plans } from '../models/plan_diff';
import { param, set_params } from '../route';
import type { Run } from '../protocol/history';
import { loaded, runs } from '../runs';
import { rounds, status } from '../store';
import { chosen_runs, run_colour } from './chosen_runs';

/** Of the run that goes on more is known than the history told. */
function up_to_date(run: Run | undefined): Run | undefined {
    if (run === undefined || run.run !== status.value?.run) {
        return run;
    }
    const accuracy = best_of(rounds.value, 'test_accuracy', true)?.value;
    const least = best_of(rounds.value, 'test_loss', false)?.value;
    return {
        ...run,
        rounds: Math.max(run.rounds, rounds.value.at(-1)?.round ?? 0),
        best_test_accuracy: accuracy === undefined ? run.best_test_accuracy : Math.max(accuracy, run.best_test_accuracy ?? accuracy),
        best_test_loss: least === undefined ? (run.best_test_loss ?? null) : Math.min(least, run.best_test_loss ?? least),
    };
}

/** What came of the chosen runs. */
function result_rows(chosen: readonly string[]) {
    const all = chosen.map((run) => up_to_date(runs.value?.find((one) => one.run === run)));
    const row = (path: string, of: (run: Run) => string | undefined) => {
        const values = all.map((run) => (run === undefined ? undefined : of(run)) ?? missing);
        return { path, values, differs: new Set(values).size > 1 };
    };
    const is_share = all.some((run) => run?.best_test_accuracy != null);
    return [
        is_share
            ? row('best accuracy', (run) => percent(run.best_test_accuracy, 2))
            : row('best loss', (run) => loss(run.best_test_loss)),
        row('rounds done', (run) => count(run.rounds)),
        row('weights', (run) => run.weights_sha256?.slice(0, 8)),
    ];
}

/** What came of the chosen runs, and their plans key by key. */
export function PlanDiff() {
    const chosen = chosen_runs.value;
    const known = loaded.value;
    const rows = useMemo(
        () =>
            chosen.every((run) => known.has(run))
                ? compare_plans(chosen.map((run) => known.get(run)?.plan ?? {}))
                : [],
        [chosen.join(' '), known],
    );
    const shows_all = param('keys') === 'all' || chosen.length < 2;
    const differing = shows_all ? rows : rows.filter((row) => row.differs);
    const shown = [...(chosen.length > 1 ? result_rows(chosen) : []), ...differing];
    return (
        <>
            <div class="card-head">
                <h3>{chosen.length > 1 ? 'Results and plans' : 'Plan'}</h3>
                {chosen.length > 1 && (
                    <label class="check">
                        <input
                            type="checkbox"
                            data-testid="all-keys"
                            checked={shows_all}
                            onChange={(event) => set_params({ keys: event.currentTarget.checked ? 'all' : null })}
                        />
                        all keys
                    </label>
                )}
            </div>
            {rows.length === 0 ? (
                <p class="hint">The plans are being read.</p>
            ) : (
                <>
                {differing.length === 0 && <p class="hint">The plans are alike in all {plural(rows.length, 'key')}.</p>}
                <div class={shows_all ? 'scroll diff diff-all' : 'scroll diff'} tabIndex={0} role="region" aria-label="Plans">
                    <table class="table" data-testid="plan-diff">
                        <thead>
                            <tr>
                                <th scope="col">Key</th>
                                {chosen.map((run, place) => (
                                    <th key={run} scope="col">
                                        <svg width="10" height="10" aria-hidden="true">
                                            <circle cx="5" cy="5" r="5" class={`fill-${run_colour(place)}`} />
                                        </svg>{' '}
                                        {run.slice(0, 6)}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {shown.map((row) => (
                                <tr key={row.path} class={row.differs ? 'differs' : undefined}>
                                    <th scope="row">
                                        <code>{row.path}</code>
                                    </th>
                                    {row.values.map((value, place) => (
                                        <td key={place}>
                                            <code>{value ?? missing}</code>
                                        </td>
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
                </>
            )}
        </>
    );
}
