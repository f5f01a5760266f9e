// What trainers of one's own tell beside loss and accuracy, by the names that a plan gives them: test_metrics.auc.
import type { Round } from '../protocol';

const kinds = ['test_metrics', 'train_metrics'] as const;
export type OwnMetric = `${(typeof kinds)[number]}.${string}`;

/** Those that any of these rounds tells: of tests, then of training, by name. */
export function own_metrics(rounds: readonly Round[]): OwnMetric[] {
    return kinds.flatMap((kind) => {
        const names = new Set<string>();
        for (const round of rounds) {
            for (const name in round[kind]) {
                names.add(name);
            }
        }
        return [...names].sort().map((name): OwnMetric => `${kind}.${name}`);
    });
}

/** "test_metrics.auc" is auc. */
export function own_name(metric: OwnMetric): string {
    return metric.slice(metric.indexOf('.') + 1);
}

/** Null where the round does not tell it: a name may be that of something every object has. */
export function own_value(round: Round, metric: OwnMetric): number | null {
    const told = round[metric.startsWith('test') ? 'test_metrics' : 'train_metrics'] ?? {};
    const name = own_name(metric);
    return Object.hasOwn(told, name) ? (told[name] ?? null) : null;
}
