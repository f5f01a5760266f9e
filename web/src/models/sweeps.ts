// What tells runs of a sweep apart, and which of them differ by their seed alone.
import type { Run } from '../protocol/history';
import { compare_plans } from './plan_diff';

/** A key of plans. */
export interface PlanKey {
    path: string;
    /** Short, and unlike those of the others in which plans differ. */
    title: string;
    /** Whether plans differ in it, in a way that says how they learn. */
    differs: boolean;
    /** Whether plans of one name do. */
    varied: boolean;
    values: ReadonlyMap<string, string | null>;
}

/** Keys that say nothing of how a run learns. */
const names: ReadonlySet<string> = new Set(['name', '']);

/**
 * Of the runs whose plan is known: first what was varied among plans of one name, then the seed, then what plans of
 * other names bring along, such as another model, and last what is alike in all.
 */
export function plan_keys(runs: readonly Run[], plans: ReadonlyMap<string, unknown>, only_different = false): PlanKey[] {
    const known = runs.filter((run) => has_plan(run, plans));
    const rows = compare_plans(known.map((run) => plans.get(run.run))).map((row) => ({
        ...row,
        differs: row.differs && !names.has(row.path),
    }));
    const different = rows.filter(({ differs }) => differs);
    const paths = different.map(({ path }) => path);
    const is_varied = (values: readonly (string | null)[]): boolean => {
        const first = new Map<string, string | null>();
        return known.some(({ plan }, place) => {
            const value = values[place] ?? null;
            return first.get(plan) !== value && (first.has(plan) || (first.set(plan, value), false));
        });
    };
    const rank = ({ path, differs, varied }: PlanKey): number => (!differs ? 3 : !varied ? 2 : path === 'seed' ? 1 : 0);
    return (only_different ? different : rows)
        .map(({ path, values, differs }) => ({
            path,
            title: differs ? short_name(path, paths) : path,
            differs,
            varied: is_varied(values),
            values: new Map(known.map((run, place) => [run.run, plain(values[place] ?? null)])),
        }))
        .sort((a, b) => rank(a) - rank(b));
}

/** Those in which plans differ. */
export function differences(runs: readonly Run[], plans: ReadonlyMap<string, unknown>): PlanKey[] {
    return plan_keys(runs, plans, true);
}

function has_plan(run: Run, plans: ReadonlyMap<string, unknown>): boolean {
    return (plans.get(run.run) ?? null) !== null;
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
export function by_seed(runs: readonly Run[], found: readonly PlanKey[], plans: ReadonlyMap<string, unknown>): Group[] {
    const groups = new Map<string, Group>();
    for (const run of runs) {
        const key = has_plan(run, plans)
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

/** Those of a group that count: as in a sweep's summary, none that failed, and none that has not ended. */
export function counted({ runs }: Group): Run[] {
    return runs.length === 1 ? runs : runs.filter(({ outcome }) => outcome !== null && outcome !== 'failed');
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
