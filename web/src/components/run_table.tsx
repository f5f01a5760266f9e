import { clock, count, loss, missing, percent } from '../format';
import { sort_rows } from '../models/rows';
import type { Run } from '../protocol';
import { param } from '../route';
import { choose_run, chosen_runs, run_colour, runs_limit } from './chosen_runs';
import { set_sorting, sorting } from './table_tools';

const outcome_names: Record<string, string> = {
    rounds_done: 'all rounds done',
    target_reached: 'target reached',
    stopped_early: 'stopped early',
    stopped: 'stopped',
    failed: 'failed',
};

function outcome(run: Run, present: string): string {
    if (run.run === present && run.outcome === null) {
        return 'this one';
    }
    return run.outcome === null ? 'cut off' : (outcome_names[run.outcome] ?? run.outcome);
}

function date(unix_seconds: number): string {
    const at = new Date(unix_seconds * 1000);
    const day = at.toLocaleDateString('en-CA');
    return `${day} ${at.toLocaleTimeString('en-GB')}`;
}

type Column = [key: string, title: string, wide: boolean, value: (run: Run) => number | string | null];
const columns: Column[] = [
    ['plan', 'Plan', false, (run) => run.plan],
    ['started', 'Started', false, (run) => run.started],
    ['took', 'Took', true, (run) => (run.ended === null ? null : run.ended - run.started)],
    ['outcome', 'Outcome', true, (run) => run.outcome],
    ['rounds', 'Rounds', true, (run) => run.rounds],
    ['best', 'Best', false, (run) => run.best_test_accuracy],
    ['last', 'Last', true, (run) => run.last_test_accuracy],
    ['loss', 'Test loss', true, (run) => run.last_test_loss],
];

export function RunTable({ runs, present }: { runs: Run[]; present: string }) {
    const { sort, descending } = sorting(param('sort') === '' ? 'started' : '');
    const is_down = param('sort') === '' ? true : descending;
    const column = columns.find(([key]) => key === sort) ?? columns[1]!;
    const chosen = chosen_runs.value;
    return (
        <div class="scroll runs-scroll" tabIndex={0} role="region" aria-label="Runs">
            <table class="table" data-testid="runs">
                <thead>
                    <tr>
                        <th scope="col">
                            <span class="hidden">Compare</span>
                        </th>
                        {columns.map(([key, title, wide], place) => (
                            <th
                                key={key}
                                scope="col"
                                class={`${place > 3 ? 'number' : ''} ${wide ? 'wide' : ''}`}
                                aria-sort={key === sort ? (is_down ? 'descending' : 'ascending') : undefined}
                            >
                                <button
                                    type="button"
                                    class="sort"
                                    onClick={() => set_sorting(key, key === sort ? !is_down : place > 0)}
                                >
                                    {title}
                                    <span aria-hidden="true">
                                        {key === sort ? (is_down ? ' ↓' : ' ↑') : ''}
                                    </span>
                                </button>
                            </th>
                        ))}
                        <th scope="col">Report</th>
                    </tr>
                </thead>
                <tbody>
                    {sort_rows(runs, column[3], is_down).map((run) => {
                        const place = chosen.indexOf(run.run);
                        const full = place < 0 && chosen.length >= runs_limit;
                        return (
                            <tr key={run.run} data-testid="run-row" data-run={run.run}>
                                <td>
                                    <label class="check" title={full ? `At most ${runs_limit} at a time` : undefined}>
                                        <input
                                            type="checkbox"
                                            aria-label={`Compare run ${run.run.slice(0, 8)} of ${run.plan}`}
                                            checked={place >= 0}
                                            disabled={full}
                                            onChange={(event) => choose_run(run.run, event.currentTarget.checked)}
                                        />
                                        <svg width="10" height="10" aria-hidden="true">
                                            {place >= 0 && (
                                                <circle cx="5" cy="5" r="5" class={`fill-${run_colour(place)}`} />
                                            )}
                                        </svg>
                                    </label>
                                </td>
                                <th scope="row" title={`run ${run.run}, plan ${run.plan_digest}`}>
                                    {run.plan} <small class="wide">{run.run.slice(0, 8)}</small>
                                </th>
                                <td>{date(run.started)}</td>
                                <td class="wide">{run.ended === null ? missing : clock(run.ended - run.started)}</td>
                                <td class="wide" title={run.detail ?? undefined}>
                                    {outcome(run, present)}
                                </td>
                                <td class="number wide">{count(run.rounds)}</td>
                                <td class="number">{percent(run.best_test_accuracy)}</td>
                                <td class="number wide">{percent(run.last_test_accuracy)}</td>
                                <td class="number wide">{loss(run.last_test_loss)}</td>
                                <td>
                                    <a
                                        href={`api/v1/runs/${run.run}/report`}
                                        download={`${run.plan}-${run.run.slice(0, 8)}.json`}
                                        aria-label={`Report of run ${run.run.slice(0, 8)}`}
                                    >
                                        ↓
                                    </a>
                                </td>
                            </tr>
                        );
                    })}
                </tbody>
            </table>
        </div>
    );
}
