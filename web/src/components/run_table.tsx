import { useSignal } from '@preact/signals';
import { count, date, duration, loss, missing, percent, plural, short_date } from '../format';
import { sort_rows, type Key } from '../models/rows';
import { by_seed, counted, mean_deviation, sort_key, type Difference, type Group } from '../models/sweeps';
import type { Run } from '../protocol';
import { href, param, set_params } from '../route';
import { no_labels } from '../runs';
import { plans } from '../run_plans';
import { session } from '../store';
import { choose_runs, chosen_runs, run_colour, runs_limit } from './chosen_runs';
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
    // Another master, or a sweep, may be at it; who was killed could not say so.
    return run.outcome === null ? 'not ended' : (outcome_names[run.outcome] ?? run.outcome);
}

/** Of all runs of a group, what most came to first. */
function outcomes({ runs }: Group, present: string): string {
    const counts = new Map<string, number>();
    runs.forEach((run) => counts.set(outcome(run, present), (counts.get(outcome(run, present)) ?? 0) + 1));
    return [...counts]
        .sort((a, b) => b[1] - a[1])
        .map(([name, number]) => (counts.size > 1 ? `${number} ${name}` : name))
        .join(', ');
}

/** What words of a filter are looked for in. */
export function words_of(run: Run, present: string): string {
    return [run.labels?.name, run.labels?.tags.join(' '), run.labels?.note, run.plan, run.run, outcome(run, present)].join(' ');
}

/** Keys that get a column; all are in the comparison of plans. */
const most_differences = 8;
/** Of more only the first are drawn, until all are asked for. */
const most_rows = 200;
/** As many as the master tells. */
const told_limit = 1000;

interface Column {
    key: string;
    title: string;
    hint?: string;
    number?: boolean;
    /** The first click has the least on top. */
    rises?: boolean;
    sort: (group: Group) => Key;
    cell: (group: Group) => preact.ComponentChildren;
}

const mean = (group: Group, of: (run: Run) => number | null | undefined): number | null =>
    mean_deviation(counted(group).map(of))?.mean ?? null;

function spread(group: Group, of: (run: Run) => number | null | undefined, text: (value: number | null) => string) {
    const found = mean_deviation(counted(group).map(of));
    return found === null ? (
        missing
    ) : (
        <>
            {text(found.mean)}
            {found.deviation !== null && <small> ± {text(found.deviation).replace(' %', '')}</small>}
        </>
    );
}

/** What runs came to; the best of them stands out. */
function result(
    key: string,
    title: string,
    of: (run: Run) => number | null | undefined,
    is_share: boolean,
    groups: readonly Group[],
): Column {
    const known = groups.flatMap((group) => mean(group, of) ?? []);
    const top = known.reduce((best, value) => (is_share ? Math.max(best, value) : Math.min(best, value)), is_share ? -Infinity : Infinity);
    return {
        key,
        title,
        number: true,
        rises: !is_share,
        sort: (group) => mean(group, of),
        cell: (group) => {
            const text = spread(group, of, is_share ? percent : loss);
            return known.length > 1 && mean(group, of) === top ? <b>{text}</b> : text;
        },
    };
}

/** Accuracies where there are some, and losses. */
function results(groups: readonly Group[]): { first: Column[]; then: Column[] } {
    const losses = [
        result('best_loss', 'Best loss', (run) => run.best_test_loss, false, groups),
        result('loss', 'Test loss', (run) => run.last_test_loss, false, groups),
    ];
    return groups.some(({ runs }) => runs.some((run) => run.best_test_accuracy !== null))
        ? {
              first: [
                  result('best', 'Best', (run) => run.best_test_accuracy, true, groups),
                  result('last', 'Last', (run) => run.last_test_accuracy, true, groups),
              ],
              then: losses,
          }
        : { first: losses, then: [] };
}

function differing(one: Difference): Column {
    const is_number = [...one.values.values()].every((value) => typeof sort_key(value) !== 'string');
    return {
        key: `plan.${one.path}`,
        title: one.title,
        hint: one.path,
        number: is_number,
        rises: true,
        sort: (group) => sort_key(one.values.get(group.runs[0]!.run)),
        cell: (group) => {
            const values = new Set(group.runs.map((run) => one.values.get(run.run)));
            const value = one.values.get(group.runs[0]!.run) ?? missing;
            return values.size > 1 ? (
                <small>{values.size} values</small>
            ) : (
                <span class="run-value one-line" title={value}>
                    {value}
                </span>
            );
        },
    };
}

interface Props {
    /** All of them. */
    runs: readonly Run[];
    /** Those that the filter lets through. */
    passing: readonly Run[];
    /** In what the plans of all differ. */
    found: readonly Difference[];
    present: string;
}

/** One table of runs, with a column for each key in which their plans differ. */
export function RunTable({ runs, passing, found, present }: Props) {
    const grouped = param('seeds') === 'mean';
    const groups = grouped ? by_seed(passing, found, plans.value!) : passing.map((run): Group => ({ runs: [run] }));
    // What only tells plans of other names apart says nothing where the filter leaves one of them.
    const differ = found.filter(
        ({ path, varied, values }) =>
            !(grouped && path === 'seed') && (varied || new Set(passing.map((run) => values.get(run.run))).size > 1),
    );
    const shown = differ.slice(0, most_differences);
    const { first, then } = results(groups);
    const columns: Column[] = [
        ...first,
        ...shown.map(differing),
        ...then,
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
            cell: (group) => duration(mean(group, took)),
        },
        {
            key: 'started',
            title: 'Started',
            sort: (group) => group.runs[0]!.started,
            cell: (group) => <span title={date(group.runs[0]!.started)}>{short_date(group.runs[0]!.started)}</span>,
        },
        {
            key: 'outcome',
            title: 'Outcome',
            rises: true,
            sort: (group) => outcomes(group, present),
            cell: (group) => <span title={group.runs[0]!.detail ?? undefined}>{outcomes(group, present)}</span>,
        },
    ];
    const { sort, descending } = sorting('started');
    const is_down = param('sort') === '' ? true : descending;
    const by = columns.find(({ key }) => key === sort) ?? columns.find(({ key }) => key === 'started')!;
    const rows = pinned_first(sort_rows(groups, sort === 'plan' ? name_column.sort : by.sort, is_down));
    const draws_all = useSignal(false);
    const alike = same_weights(runs);
    const lacking = runs.filter((run) => !plans.value!.has(run.run)).length;
    return (
        <>
            <div class="tools">
                <input
                    type="search"
                    data-testid="filter"
                    placeholder="Filter: name, epochs=5, best>0.9"
                    aria-label="Filter runs"
                    title="Words of the name, tags, note and outcome, and conditions on keys and results: epochs=5 seed>1 best>=90%"
                    value={param('filter')}
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
                    {passing.length === runs.length ? '' : `${count(passing.length)} of `}
                    {plural(runs.length, 'run')}
                    {grouped && ` in ${plural(groups.length, 'group')}`}
                </span>
                {differ.length > shown.length && (
                    <span class="hint">
                        Plans differ in {count(differ.length)} keys; the first {most_differences} are columns.
                    </span>
                )}
                {lacking > 0 && lacking < runs.length && (
                    <span class="hint" data-testid="lacking">
                        Only the plans of the latest {count(runs.length - lacking)} runs are compared.
                    </span>
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
                            <th scope="col">
                                <span class="hidden">Report</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.slice(0, draws_all.value ? rows.length : most_rows).map((group) => (
                            <Row key={group.runs[0]!.run} group={group} columns={columns} alike={alike} present={present} />
                        ))}
                    </tbody>
                </table>
                {rows.length > most_rows && !draws_all.value && (
                    <button type="button" class="quiet" data-testid="more-runs" onClick={() => (draws_all.value = true)}>
                        Show {count(rows.length - most_rows)} more
                    </button>
                )}
            </div>
        </>
    );
}

function pinned_first(groups: readonly Group[]): Group[] {
    const is_pinned = (group: Group): boolean => group.runs.some((run) => run.labels?.pinned === true);
    return [...groups.filter(is_pinned), ...groups.filter((group) => !is_pinned(group))];
}

const name_of = (run: Run): string => run.labels?.name || run.plan;

const took = (run: Run): number | null => (run.ended === null ? null : run.ended - run.started);

const name_column: Column = {
    key: 'plan',
    title: 'Plan',
    rises: true,
    sort: (group) => name_of(group.runs[0]!),
    cell: (group) => name_of(group.runs[0]!),
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
                onClick={() => set_sorting(column.key, is_sorted ? !is_down : column.rises !== true)}
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
    const all = group.runs.map((one) => one.run);
    const chosen = chosen_runs.value;
    const places = all.map((one) => chosen.indexOf(one)).filter((place) => place >= 0);
    const full = chosen.length >= runs_limit;
    const is_chosen = places.length > 0 && (full || places.length === all.length);
    const seeds = new Set(group.runs.map(({ seed }) => String(seed))).size;
    return (
        <tr data-testid="run-row" data-run={run.run} data-outcome={run.outcome} class={is_chosen ? 'row-open' : undefined}>
            <td>
                <label class="check" title={full ? `At most ${runs_limit} at a time` : undefined}>
                    <input
                        type="checkbox"
                        aria-label={all.length > 1 ? `Compare ${all.length} runs of ${run.plan}` : `Compare run ${run.run.slice(0, 8)} of ${run.plan}`}
                        checked={is_chosen}
                        disabled={full && !is_chosen}
                        onChange={(event) => choose_runs(all, event.currentTarget.checked)}
                    />
                    <svg width="10" height="10" aria-hidden="true">
                        {places.length > 0 && <circle cx="5" cy="5" r="5" class={`fill-${run_colour(places[0]!)}`} />}
                    </svg>
                </label>
            </td>
            <th scope="row" class="run-name one-line" title={`${run.plan}, run ${run.run}, plan ${run.plan_digest}`}>
                {all.length === 1 && session.value.role === 'operator' && (
                    <PinButton run={run.run} labels={run.labels ?? no_labels} />
                )}
                <a
                    class="one-line"
                    data-testid="open-run"
                    href={href('run', { of: run.run === present ? '' : run.run })}
                    title={all.length > 1 ? 'Open the latest of them' : run.labels?.note || 'Open this run'}
                >
                    {name_of(run)}
                </a>{' '}
                <small>
                    {all.length === 1 ? run.run.slice(0, 8) : seeds === all.length ? `${seeds} seeds` : plural(all.length, 'run')}
                </small>
                {all.length === 1 &&
                    run.labels?.tags.map((tag) => (
                        <span key={tag} class="tag">
                            {tag}
                        </span>
                    ))}
                {run.weights_sha256 !== null && run.rounds > 0 && alike.has(run.weights_sha256) && (
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
                {all.length === 1 && (
                    <a
                        href={`api/v1/runs/${run.run}/report`}
                        download={`${run.plan.slice(0, 80)}-${run.run.slice(0, 8)}.json`}
                        title="Its report"
                        aria-label={`Report of run ${run.run.slice(0, 8)}`}
                    >
                        ↓
                    </a>
                )}
            </td>
        </tr>
    );
}

/** Digests of weights that more than one run ended with; what nobody trained is alike by the seed alone. */
function same_weights(runs: readonly Run[]): Set<string> {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const { weights_sha256: digest, rounds } of runs) {
        if (digest !== null && rounds > 0) {
            (seen.has(digest) ? twice : seen).add(digest);
        }
    }
    return twice;
}
