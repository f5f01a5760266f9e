import { useMemo } from 'preact/hooks';
import { missing, plural } from '../format';
import { compare_plans } from '../models/plan_diff';
import { param, set_params } from '../route';
import { loaded } from '../runs';
import { chosen_runs, run_colour } from './chosen_runs';

/** The plans of the chosen runs, key by key. */
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
    const shown = shows_all ? rows : rows.filter((row) => row.differs);
    return (
        <>
            <div class="card-head">
                <h3>Plans</h3>
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
            {shown.length === 0 ? (
                <p class="hint">
                    {rows.length === 0 ? 'The plans are being read.' : `The plans are alike in all ${plural(rows.length, 'key')}.`}
                </p>
            ) : (
                <div class="scroll diff" tabIndex={0} role="region" aria-label="Plans">
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
            )}
        </>
    );
}
