// What trainers of one's own tell beside loss and accuracy, by the names that a plan gives them: test_metrics.auc.
import type { OwnMetrics } from '../protocol/run';

const kinds = ['test_metrics', 'train_metrics'] as const;
export type OwnMetric = `${(typeof kinds)[number]}.${string}`;

/** More are not to be chosen from. A worker may tell other names in each round. */
const most_names = 64;

/** Those that most of these tell, of tests, then of training, by name; before them those whose names are `wanted`. */
export function own_metrics(rounds: readonly OwnMetrics[], most = most_names, wanted?: { has: (name: string) => boolean }): OwnMetric[] {
    return kinds.flatMap((kind) => {
        const told = new Map<string, number>();
        for (const round of rounds) {
            for (const name in round[kind]) {
                told.set(name, (told.get(name) ?? 0) + 1);
            }
        }
        const first = (name: string): number => Number(wanted?.has(name) ?? false);
        const usual = [...told].sort(([one, count], [other, many]) => first(other) - first(one) || many - count).slice(0, most);
        const sorted = usual.map(([name]) => name).sort();
        return sorted.sort((one, other) => first(other) - first(one)).map((name): OwnMetric => `${kind}.${name}`);
    });
}

/** "test_metrics.auc" is auc. */
export function own_name(metric: OwnMetric): string {
    return metric.slice(metric.indexOf('.') + 1);
}

/** Null where it is not told: a name may be that of something every object has. */
export function own_value(round: OwnMetrics, metric: OwnMetric): number | null {
    const told = round[metric.startsWith('test') ? 'test_metrics' : 'train_metrics'] ?? {};
    const name = own_name(metric);
    return Object.hasOwn(told, name) ? (told[name] ?? null) : null;
}
