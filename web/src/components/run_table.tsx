import { useMemo } from 'preact/hooks';
import { clock, count, date, loss, missing, percent, plural } from '../format';
import { matches, sort_rows, type Key } from '../models/rows';
import { by_seed, differences, mean_deviation, sort_key, type Difference, type Group } from '../models/sweeps';
import type { Run } from '../protocol';
import { href, param, set_params } from '../route';
import { no_labels } from '../runs';
import { plans, plans_limit } from '../run_plans';
import { session } from '../store';
import { choose_run, chosen_runs, run_colour, runs_limit } from './chosen_runs';
import { PinButton } from './run_labels';
import { set_sorting, sorting } from './table_tools';

const outcome_names: Record<string, string> = {
    rounds_done: 'all rounds done',
    target_reached: 'target reached',
    stopped_early: 'ended early',
    stopped: 'stopped',
    failed: 'failed',
};

function outcome(run: Run, present: string): string {
    if (run.run === present && run.outcome === null) {
        return 'this one';
    }
    return run.outcome === null ? 'cut off' : (outcome_names[run.outcome] ?? run.outcome);
}

/** Keys that get a column; all are in the comparison of plans. */
const most_differences = 8;
/** As many as the master tells. */
const told_limit = 1000;

interface Column {
    key: string;
    title: string;
    hint?: string;
    number?: boolean;
    sort: (group: Group) => Key;
    cell: (group: Group) => preact.ComponentChildren;
}

const mean = (group: Group, of: (run: Run) => number | null | undefined): number | null =>
    mean_deviation(group.runs.map(of))?.mean ?? null;

function spread(group: Group, of: (run: Run) => number | null | undefined, text: (value: number | null) => string) {
    const found = mean_deviation(group.runs.map(of));
    return found === null ? (
        missing
    ) : (
        <>
            {text(found.mean)}
            {found.deviation !== null && <small> ± {text(found.deviation).replace(' %', '')}</small>}
        </>
    );
}

/** What a run came to: accuracies, or losses where there are none. */
function results(runs: readonly Run[]): Column[] {
    const column = (key: string, title: string, of: (run: Run) => number | null | undefined, text: typeof loss): Column => ({
        key,
        title,
        number: true,
        sort: (group) => mean(group, of),
        cell: (group) => spread(group, of, text),
    });
    const accuracies = [
        column('best', 'Best', (run) => run.best_test_accuracy, percent),
        column('last', 'Last', (run) => run.last_test_accuracy, percent),
    ];
    const losses = [
        column('best_loss', 'Best loss', (run) => run.best_test_loss, loss),
        column('loss', 'Test loss', (run) => run.last_test_loss, loss),
    ];
    return runs.some((run) => run.best_test_accuracy !== null) ? [...accuracies, ...losses] : losses;
}

function differing(one: Difference): Column {
    return {
        key: `plan.${one.path}`,
        title: one.title,
        hint: one.path,
        number: true,
        sort: (group) => sort_key(one.values.get(group.runs[0]!.run)),
        cell: (group) => {
            const values = new Set(group.runs.map((run) => one.values.get(run.run)));
            return values.size > 1 ? <small>{values.size} values</small> : (one.values.get(group.runs[0]!.run) ?? missing);
        },
    };
}

/** One table of all runs, with a column for each key in which their plans differ. */
export function RunTable({ runs, present }: { runs: Run[]; present: string }) {
    const filter = param('filter');
    const grouped = param('seeds') === 'mean';
    const known = plans.value;
    const found = useMemo(() => differences(runs, known), [runs, known]);
    const chosen = runs.filter((run) =>
        matches(
            filter,
            `${run.labels?.name ?? ''} ${run.labels?.tags.join(' ') ?? ''} ${run.labels?.note ?? ''} ${run.plan} ${run.run} ${outcome(run, present)} ${found.map((one) => `${one.title}=${one.values.get(run.run) ?? ''}`).join(' ')}`,
        ),
    );
    const groups = grouped ? by_seed(chosen, found, known) : chosen.map((run): Group => ({ runs: [run] }));
    const shown = found.filter(({ path }) => !(grouped && path === 'seed')).slice(0, most_differences);
    const columns: Column[] = [
        {
            key: 'started',
            title: 'Started',
            sort: (group) => group.runs[0]!.started,
            cell: (group) => date(group.runs[0]!.started),
        },
        ...shown.map(differing),
        ...results(runs),
        {
            key: 'rounds',
            title: 'Rounds',
            number: true,
            sort: (group) => mean(group, (run) => run.rounds),
            cell: (group) => count(mean(group, (run) => run.rounds)),
        },
        {
            key: 'took',
            title: 'Took',
            number: true,
            sort: (group) => mean(group, took),
            cell: (group) => clock(mean(group, took)),
        },
        {
            key: 'outcome',
            title: 'Outcome',
            sort: (group) => group.runs[0]!.outcome,
            cell: (group) => (
                <span title={group.runs[0]!.detail ?? undefined}>{outcome(group.runs[0]!, present)}</span>
            ),
        },
    ];
    const { sort, descending } = sorting('started');
    const is_down = param('sort') === '' ? true : descending;
    const by = columns.find(({ key }) => key === sort) ?? columns[0]!;
    const alike = same_weights(runs);
    return (
        <>
            <div class="tools">
                <input
                    type="search"
                    data-testid="filter"
                    placeholder="Filter: name, outcome, key=value"
                    aria-label="Filter runs"
                    value={filter}
                    onInput={(event) => set_params({ filter: event.currentTarget.value })}
                />
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="group-seeds"
                        checked={grouped}
                        onChange={(event) => set_params({ seeds: event.currentTarget.checked ? 'mean' : null })}
                    />
                    mean over seeds
                </label>
                <span class="hint" data-testid="shown">
                    {groups.length === runs.length ? '' : `${count(groups.length)} of `}
                    {plural(runs.length, 'run')}
                </span>
                {found.length > shown.length && !grouped && (
                    <span class="hint">
                        Plans differ in {count(found.length)} keys; the first {most_differences} are columns.
                    </span>
                )}
                {runs.length > plans_limit && (
                    <span class="hint">Plans of the latest {plans_limit} runs are compared.</span>
                )}
                {runs.length >= told_limit && (
                    <span class="hint" data-testid="runs-end">
                        These are the latest {count(told_limit)}: older ones are in the state folder and not here.
                    </span>
                )}
            </div>
            <div class="scroll runs-scroll" tabIndex={0} role="region" aria-label="Runs">
                <table class="table" data-testid="runs">
                    <thead>
                        <tr>
                            <th scope="col">
                                <span class="hidden">Compare</span>
                            </th>
                            <Heading column={name_column} is_sorted={sort === 'plan'} is_down={is_down} />
                            {columns.map((column) => (
                                <Heading key={column.key} column={column} is_sorted={column === by} is_down={is_down} />
                            ))}
                            <th scope="col">Report</th>
                        </tr>
                    </thead>
                    <tbody>
                        {pinned_first(sort_rows(groups, sort === 'plan' ? name_column.sort : by.sort, is_down)).map((group) => (
                            <Row key={group.runs[0]!.run} group={group} columns={columns} alike={alike} present={present} />
                        ))}
                    </tbody>
                </table>
            </div>
        </>
    );
}

function pinned_first(groups: readonly Group[]): Group[] {
    const is_pinned = (group: Group): boolean => group.runs.some((run) => run.labels?.pinned === true);
    return [...groups.filter(is_pinned), ...groups.filter((group) => !is_pinned(group))];
}

const took = (run: Run): number | null => (run.ended === null ? null : run.ended - run.started);

const name_column: Column = {
    key: 'plan',
    title: 'Plan',
    sort: (group) => group.runs[0]!.plan,
    cell: (group) => group.runs[0]!.plan,
};

function Heading({ column, is_sorted, is_down }: { column: Column; is_sorted: boolean; is_down: boolean }) {
    return (
        <th
            scope="col"
            class={column.number ? 'number' : undefined}
            title={column.hint}
            aria-sort={is_sorted ? (is_down ? 'descending' : 'ascending') : undefined}
        >
            <button
                type="button"
                class="sort"
                onClick={() => set_sorting(column.key, is_sorted ? !is_down : column.key !== 'plan')}
            >
                {column.title}
                <span aria-hidden="true">{is_sorted ? (is_down ? ' ↓' : ' ↑') : ''}</span>
            </button>
        </th>
    );
}

interface RowProps {
    group: Group;
    columns: readonly Column[];
    alike: ReadonlySet<string>;
    present: string;
}

function Row({ group, columns, alike, present }: RowProps) {
    const run = group.runs[0]!;
    const chosen = chosen_runs.value;
    const place = chosen.indexOf(run.run);
    const full = place < 0 && chosen.length >= runs_limit;
    return (
        <tr data-testid="run-row" data-run={run.run} class={place >= 0 ? 'row-open' : undefined}>
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
                        {place >= 0 && <circle cx="5" cy="5" r="5" class={`fill-${run_colour(place)}`} />}
                    </svg>
                </label>
            </td>
            <th scope="row" class="run-name one-line" title={`${run.plan}, run ${run.run}, plan ${run.plan_digest}`}>
                {group.runs.length === 1 && session.value.role === 'operator' && (
                    <PinButton run={run.run} labels={run.labels ?? no_labels} />
                )}
                <a data-testid="open-run" href={href('run', { of: run.run === present ? '' : run.run })} title={run.labels?.note || 'Open this run'}>
                    {run.labels?.name || run.plan}
                </a>{' '}
                <small>{group.runs.length > 1 ? `${group.runs.length} seeds` : run.run.slice(0, 8)}</small>
                {group.runs.length === 1 &&
                    run.labels?.tags.map((tag) => (
                        <span key={tag} class="tag">
                            {tag}
                        </span>
                    ))}
                {run.weights_sha256 !== null && alike.has(run.weights_sha256) && (
                    <small class="alike" title={`Another run has the same weights, bit for bit: ${run.weights_sha256}`}>
                        {' = '}
                        {run.weights_sha256.slice(0, 4)}
                    </small>
                )}
            </th>
            {columns.map((column) => (
                <td key={column.key} class={column.number ? 'number' : undefined}>
                    {column.cell(group)}
                </td>
            ))}
            <td>
                <a
                    href={`api/v1/runs/${run.run}/report`}
                    download={`${run.plan.slice(0, 80)}-${run.run.slice(0, 8)}.json`}
                    aria-label={`Report of run ${run.run.slice(0, 8)}`}
                >
                    ↓
                </a>
            </td>
        </tr>
    );
}

/** Digests of weights that more than one run ended with. */
function same_weights(runs: readonly Run[]): Set<string> {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const { weights_sha256: digest } of runs) {
        if (digest !== null) {
            (seen.has(digest) ? twice : seen).add(digest);
        }
    }
    return twice;
}
