// A run against those before it.
import type { Run } from '../protocol/history';
import type { Round, Status } from '../protocol/run';

export interface Best {
    round: number;
    value: number;
}

/** Of rounds whose test nobody is missing in; null without any. */
export function best_of(
    rounds: readonly Round[],
    key: 'test_accuracy' | 'test_rmse' | 'test_loss',
    rises: boolean,
): Best | null {
    let best: Best | null = null;
    for (const { round, test_partial, [key]: value } of rounds) {
        if (typeof value !== 'number' || test_partial === true) {
            continue;
        }
        if (best === null || (rises ? value > best.value : value < best.value)) {
            best = { round, value };
        }
    }
    return best;
}

interface Other {
    run: string;
    /** The best of the present run minus that one's. */
    change: number;
}

export interface Comparison {
    /** The run before; null where there is none, or it is the best one too. */
    previous: Other | null;
    best: Other | null;
}

/**
 * With runs of the same name, which are likely to be about the same data, by what tells how good they are; null where
 * there is nothing to compare.
 */
export function compare_with(
    runs: readonly Run[],
    present: Pick<Status, 'run' | 'plan'>,
    rounds: readonly Round[],
    by: 'test_accuracy' | 'test_loss',
): Comparison | null {
    const rises = by === 'test_accuracy';
    const own = best_of(rounds, by, rises)?.value;
    const others = runs.flatMap((one) => {
        const value = one[`best_${by}`];
        return one.run !== present.run && one.plan === present.plan && typeof value === 'number' ? { ...one, value } : [];
    });
    if (own === undefined || others.length === 0) {
        return null;
    }
    // A run that is opened after others have followed it still has the one before it.
    const start = runs.find(({ run }) => run === present.run)?.started ?? Infinity;
    const other = ({ run, value }: (typeof others)[number]): Other => ({ run, change: own - value });
    const previous = others.reduce<(typeof others)[number] | null>(
        (last, one) => (one.started < start && one.started > (last?.started ?? -Infinity) ? one : last),
        null,
    );
    const best = others.reduce((top, one) => ((rises ? one.value > top.value : one.value < top.value) ? one : top));
    return { previous: previous === null || previous === best ? null : other(previous), best: other(best) };
}
