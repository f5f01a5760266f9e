// Numbers of rounds as columns that a chart draws.
import type { Round } from '../protocol/run';

export type Axis = 'round' | 'time';
export type Metric =
    | 'train_accuracy'
    | 'test_accuracy'
    | 'train_loss'
    | 'test_loss'
    | 'test_r2'
    | 'test_rmse'
    | 'test_mae'
    | 'test_auc';

/** Seconds since the first round began; a resumed run's pause counts, as it does on the wall. */
export function elapsed(rounds: readonly Round[]): number[] {
    const first = rounds[0];
    if (first === undefined) {
        return [];
    }
    const start = first.time - total_seconds(first);
    let last = 0;
    // A chart's axis must not go backwards, even if the master's clock did.
    return rounds.map((round) => (last = Math.max(last, round.time - start)));
}

export function total_seconds(round: Round): number {
    return Object.values(round.seconds).reduce((sum, seconds) => sum + seconds, 0);
}

export function x_values(rounds: readonly Round[], axis: Axis): number[] {
    return axis === 'round' ? rounds.map((round) => round.round) : elapsed(rounds);
}

export interface Column {
    x: readonly number[];
    y: readonly (number | null)[];
}

/** One x for columns that each have their own; null where a column has no value there. */
export function align(columns: readonly Column[]): { x: number[]; y: (number | null)[][] } {
    const x = [...new Set(columns.flatMap((column) => column.x))].sort((a, b) => a - b);
    const place = new Map(x.map((value, index) => [value, index]));
    const y = columns.map((column) => {
        const values = new Array<number | null>(x.length).fill(null);
        column.x.forEach((value, index) => {
            values[place.get(value)!] = column.y[index] ?? null;
        });
        return values;
    });
    return { x, y };
}
