import { count, date, duration, missing, short_date } from '../format';
import type { Key } from '../models/rows';
import type { RunResult } from '../models/run_results';
import { counted, mean_deviation, sort_key, type Group, type PlanKey } from '../models/sweeps';
import type { Run } from '../protocol/history';

export interface Column {
    key: string;
    title: string;
    hint?: string | undefined;
    number?: boolean;
    /** The first click has the least on top. */
    rises?: boolean;
    sort: (group: Group) => Key;
    cell: (group: Group) => preact.ComponentChildren;
    /** What a file has, where that is not what is sorted by. */
    plain?: (group: Group) => Key;
    /** Of a mean. */
    deviation?: (group: Group) => number | null;
}

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

export const name_of = (run: Run): string => run.labels?.name || run.plan;

const took = (run: Run): number | null => (run.ended === null ? null : run.ended - run.started);

const spread = (group: Group, of: RunResult['of']) => mean_deviation(counted(group).map(of));
const mean = (group: Group, of: RunResult['of']): number | null => spread(group, of)?.mean ?? null;

/** What runs came to; the best of them stands out. */
function result_column({ key, title, of, text, rises, whole }: RunResult, groups: readonly Group[]): Column {
    const known = groups.flatMap((group) => mean(group, of) ?? []);
    const top = known.reduce((best, value) => (rises ? Math.max(best, value) : Math.min(best, value)), rises ? -Infinity : Infinity);
    return {
        key,
        title,
        hint: whole,
        number: true,
        rises: rises === false,
        sort: (group) => mean(group, of),
        cell: (group) => {
            const found = spread(group, of);
            if (found === null) {
                return missing;
            }
            const cell = (
                <>
                    {text(found.mean)}
                    {found.deviation !== null && <small> ± {text(found.deviation).replace(' %', '')}</small>}
                </>
            );
            return rises !== undefined && known.length > 1 && found.mean === top ? <b>{cell}</b> : cell;
        },
        deviation: (group) => spread(group, of)?.deviation ?? null,
    };
}

function key_column({ path, title, values }: PlanKey): Column {
    const value_of = ({ runs }: Group): string | null => values.get(runs[0]!.run) ?? null;
    return {
        key: `plan.${path}`,
        title,
        hint: path,
        number: [...values.values()].every((value) => typeof sort_key(value) !== 'string'),
        rises: true,
        sort: (group) => sort_key(value_of(group)),
        cell: (group) => {
            const all = new Set(group.runs.map((run) => values.get(run.run)));
            const value = value_of(group) ?? missing;
            return all.size > 1 ? (
                <small>{all.size} values</small>
            ) : (
                <span class="run-value one-line" title={value}>
                    {value}
                </span>
            );
        },
        // As it was written: a seed of 64 bits has more digits than a number.
        plain: value_of,
    };
}

export const name_column: Column = {
    key: 'plan',
    title: 'Plan',
    rises: true,
    sort: (group) => name_of(group.runs[0]!),
    cell: (group) => name_of(group.runs[0]!),
};

const losses: readonly string[] = ['best_loss', 'loss'];

/** Accuracies where there are some and what is the user's own come before the keys, losses behind them. */
export function run_columns(groups: readonly Group[], results: readonly RunResult[], keys: readonly PlanKey[], present: string): Column[] {
    const columns = results.map((one) => result_column(one, groups));
    const is_behind = ({ key }: Column): boolean => losses.includes(key) && results[0]?.key === 'best';
    const started = (group: Group): string => date(group.runs[0]!.started);
    const all: Column[] = [
        ...columns.filter((column) => !is_behind(column)),
        ...keys.map(key_column),
        ...columns.filter(is_behind),
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
            cell: (group) => <span title={started(group)}>{short_date(group.runs[0]!.started)}</span>,
            plain: started,
        },
        {
            key: 'outcome',
            title: 'Outcome',
            rises: true,
            sort: (group) => outcomes(group, present),
            cell: (group) => <span title={group.runs[0]!.detail ?? undefined}>{outcomes(group, present)}</span>,
        },
    ];
    const own = new Set(results.filter(({ whole }) => whole !== undefined).map(({ key }) => key));
    return all.map((column) => (own.has(column.key) && is_taken(column, [name_column, ...all]) ? { ...column, title: column.hint! } : column));
}

/** Whether another column has its heading: a trainer may call what it tells as it likes. */
function is_taken({ key, title }: Column, all: readonly Column[]): boolean {
    return all.some((other) => other.key !== key && other.title.toLowerCase() === title.toLowerCase());
}

/** Of what is told as a mean the deviation is another column. */
export function plain_table(groups: readonly Group[], columns: readonly Column[]): { header: string[]; rows: Key[][] } {
    const whole = columns.map((column) => ({ ...column, deviation: groups.some(({ runs }) => runs.length > 1) ? column.deviation : undefined }));
    return {
        header: ['Run', ...whole.flatMap(({ title, deviation }) => (deviation ? [title, `${title} ±`] : [title]))],
        rows: groups.map((group) => [
            group.runs.map(({ run }) => run).join(' '),
            ...whole.flatMap(({ sort, plain = sort, deviation }) => (deviation ? [plain(group), deviation(group)] : [plain(group)])),
        ]),
    };
}
