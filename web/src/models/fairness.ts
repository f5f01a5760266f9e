// How a model's results are spread over the clients that tested it.
import type { Tested } from '../protocol/run';

export interface Spread {
    round: number;
    clients: number;
    /** Accuracies, of which more is better, or errors of a regression. */
    of: 'accuracy' | 'rmse';
    /** What 10 % and 90 % of the clients are below, and the middle. */
    low: number;
    median: number;
    high: number;
    /** The worst first. */
    worst: { client: number; value: number; samples: number }[];
}

const worst_shown = 5;

/** Null where fewer than two clients have a result. */
export function spread(round: number, clients: readonly Tested[]): Spread | null {
    const of = clients.some((one) => one.accuracy !== null) ? 'accuracy' : 'rmse';
    const known = clients.flatMap(({ client, samples, reason, [of]: value }) => {
        return reason === '' && typeof value === 'number' ? [{ client, samples, value }] : [];
    });
    if (known.length < 2) {
        return null;
    }
    const sorted = [...known].sort((a, b) => a.value - b.value);
    const values = sorted.map((one) => one.value);
    return {
        round,
        clients: known.length,
        of,
        low: quantile(values, 0.1),
        median: quantile(values, 0.5),
        high: quantile(values, 0.9),
        worst: (of === 'rmse' ? sorted.reverse() : sorted).slice(0, worst_shown),
    };
}

/** Of ascending values, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
    const place = share * (values.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, values.length - 1);
    return values[below]! + (values[above]! - values[below]!) * (place - below);
}
