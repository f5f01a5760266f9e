import { useSignal } from '@preact/signals';
import { count, plural } from '../format';
import { sort_rows } from '../models/rows';
import type { RunResult } from '../models/run_results';
import { by_seed, type Group, type PlanKey } from '../models/sweeps';
import type { Run } from '../protocol/history';
import { param, set_params } from '../route';
import { plans } from '../run_plans';
import { SaveTable } from './data_table';
import { name_column, plain_table, run_columns } from './run_columns';
import { Heading, Row } from './run_row';
import { sorting } from './table_tools';

/** Keys that get a column; all are in the comparison of plans. */
const most_differences = 8;
/** Of more only the first are drawn, until all are asked for. */
const most_rows = 200;
/** As many as the master tells. */
const told_limit = 1000;

interface Props {
    /** All of them. */
    runs: readonly Run[];
    /** Those that the filter lets through. */
    passing: readonly Run[];
    /** Of the plans of all. */
    keys: readonly PlanKey[];
    results: readonly RunResult[];
    present: string;
}

/** One table of runs, with a column for each key in which their plans differ. */
export function RunTable({ runs, passing, keys, results, present }: Props) {
    const grouped = param('seeds') === 'mean';
    const found = keys.filter(({ differs }) => differs);
    const groups = grouped ? by_seed(passing, found, plans.value!) : passing.map((run): Group => ({ runs: [run] }));
    // What only tells plans of other names apart says nothing where the filter leaves one of them.
    const differ = found.filter(
        ({ path, varied, values }) =>
            !(grouped && path === 'seed') && (varied || new Set(passing.map((run) => values.get(run.run))).size > 1),
    );
    const shown = differ.slice(0, most_differences);
    const columns = run_columns(groups, results, shown, present);
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
                <SaveTable name="runs" test_id="runs-" table={() => plain_table(rows, [name_column, ...columns])} />
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
