// What tells runs of a sweep apart, and which of them differ by their seed alone.
import type { Run } from '../protocol';
import { compare_plans } from './plan_diff';

/** A key of plans that is not alike in all of them. */
export interface Difference {
    path: string;
    /** Short, and unlike those of the others. */
    title: string;
    values: ReadonlyMap<string, string | null>;
}

/** Keys that say nothing of how a run learns. */
const names: ReadonlySet<string> = new Set(['name', '']);

/** Of the runs whose plan is known. */
export function differences(runs: readonly Run[], plans: ReadonlyMap<string, unknown>): Difference[] {
    const known = runs.filter((run) => (plans.get(run.run) ?? null) !== null);
    const rows = compare_plans(known.map((run) => plans.get(run.run))).filter(
        (row) => row.differs && !names.has(row.path),
    );
    const paths = rows.map((row) => row.path);
    return rows.map(({ path, values }) => ({
        path,
        title: short_name(path, paths),
        values: new Map(known.map((run, place) => [run.run, plain(values[place] ?? null)])),
    }));
}

/** As many of its last words as no other has. */
function short_name(path: string, all: readonly string[]): string {
    const words = path.split('.');
    for (let count = 1; count < words.length; count += 1) {
        const name = words.slice(-count).join('.');
        if (all.every((other) => other === path || !`.${other}`.endsWith(`.${name}`))) {
            return name;
        }
    }
    return path;
}

/** Without the quotes of JSON. */
function plain(value: string | null): string | null {
    return value?.replace(/^"(.*)"$/s, '$1') ?? null;
}

/** A number where it is one, so that it is sorted as such. */
export function sort_key(value: string | null | undefined): number | string | null {
    if (value === null || value === undefined) {
        return null;
    }
    const number = Number(value);
    return value !== '' && Number.isFinite(number) ? number : value;
}

export interface Group {
    /** The latest first. */
    runs: Run[];
}

/** Runs whose plans are alike but for the seed; in the order of their first ones. A run without a plan is alone. */
export function by_seed(runs: readonly Run[], found: readonly Difference[], plans: ReadonlyMap<string, unknown>): Group[] {
    const groups = new Map<string, Group>();
    for (const run of runs) {
        const key = plans.has(run.run)
            ? `${run.plan}|${found.filter(({ path }) => path !== 'seed').map(({ values }) => values.get(run.run)).join('|')}`
            : run.run;
        const group = groups.get(key);
        if (group === undefined) {
            groups.set(key, { runs: [run] });
        } else {
            group.runs.push(run);
        }
    }
    return [...groups.values()];
}

/** Mean and standard deviation of a sample; the latter null of one value. */
export function mean_deviation(values: readonly (number | null | undefined)[]): { mean: number; deviation: number | null } | null {
    const known = values.filter((value) => typeof value === 'number');
    if (known.length === 0) {
        return null;
    }
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, deviation: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : null };
}
