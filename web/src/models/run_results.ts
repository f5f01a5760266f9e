// What runs came to, under the names that columns, filters and drawings share.
import { loss, percent } from '../format';
import type { Run } from '../protocol/history';
import { own_metrics, own_name, own_value } from './own_metrics';

export interface RunResult {
    key: string;
    title: string;
    of: (run: Run) => number | null | undefined;
    text: (value: number | null) => string;
    /** Whether more is better; undefined where nobody says. */
    rises: boolean | undefined;
    /** Of a trainer's own: its whole name, which is none of a key or of another result. */
    whole?: string;
}

const of_all: readonly RunResult[] = [
    { key: 'best', title: 'Best', of: (run) => run.best_test_accuracy, text: percent, rises: true },
    { key: 'last', title: 'Last', of: (run) => run.last_test_accuracy, text: percent, rises: true },
    { key: 'best_loss', title: 'Best loss', of: (run) => run.best_test_loss, text: loss, rises: false },
    { key: 'loss', title: 'Test loss', of: (run) => run.last_test_loss, text: loss, rises: false },
];
/** Where no others stand beside it. */
export function result_name({ title, text }: RunResult): string {
    return text === percent ? `${title} accuracy` : title;
}

/** Beside names of keys; what is the user's own stays as they wrote it. */
export function axis_name(result: RunResult): string {
    return result.whole === undefined ? result_name(result).toLowerCase() : result.title;
}

/** Of kind test and of kind train; more are not to be chosen from. */
export const most_own = 4;

/**
 * Those that some of the runs have. Of each metric of a trainer's own the last value, and the best where a plan's
 * `metrics` says which that is; these come first. `most`: how many of each kind.
 */
export function run_results(runs: readonly Run[], plans: ReadonlyMap<string, unknown>, most = Infinity): RunResult[] {
    const better = better_ones(runs, plans);
    const own = own_metrics(runs.flatMap((run) => run.own_metrics?.last ?? []), most, better).flatMap((metric) => {
        const name = own_name(metric);
        const rises = better.get(name);
        const result = (which: 'last' | 'least' | 'most', title: string): RunResult => ({
            key: which === 'last' ? metric : `best.${metric}`,
            title: metric.startsWith('test') ? title : `${title}, train`,
            of: (run) => (run.own_metrics ? own_value(run.own_metrics[which], metric) : null),
            text: loss,
            rises,
            whole: which === 'last' ? metric : `best ${metric}`,
        });
        return [...(rises === undefined ? [] : [result(rises ? 'most' : 'least', `best ${name}`)]), result('last', name)];
    });
    return [...of_all, ...own].filter(({ of }) => runs.some((run) => typeof of(run) === 'number'));
}

/** Of each name that plans have among their `metrics` whether more is better, as the first of them says. */
function better_ones(runs: readonly Run[], plans: ReadonlyMap<string, unknown>): Map<string, boolean> {
    const found = new Map<string, boolean>();
    for (const { run } of runs) {
        const { metrics = {} } = (plans.get(run) ?? {}) as { metrics?: Record<string, string> };
        for (const [name, better] of Object.entries(metrics)) {
            if (!found.has(name)) {
                found.set(name, better === 'higher');
            }
        }
    }
    return found;
}

/**
 * What tells how good runs are: what is asked for, or the best accuracy or loss, whichever most of them have, or else
 * the first that there is. A loss of classes is none of numbers.
 */
export function measure_of(runs: readonly Run[], results: readonly RunResult[], wanted: string): RunResult | undefined {
    const has = (of: (run: Run) => unknown): number => runs.filter((run) => typeof of(run) === 'number').length;
    const [accuracy, , least] = of_all as [RunResult, RunResult, RunResult, RunResult];
    const usual = 2 * has(accuracy.of) >= has(least.of) ? accuracy : least;
    const found = results.find(({ key }) => key === wanted) ?? results.find(({ key }) => key === usual.key) ?? results[0];
    return found !== least || wanted === least.key
        ? found
        : { ...least, of: (run) => (run.best_test_accuracy === null ? run.best_test_loss : null) };
}
