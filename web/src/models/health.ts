// Whether a training goes well, in one sentence: from the rounds alone, so that everybody reads the same.
import { duration, loss, percent, plural } from '../format';
import type { Round, Status } from '../protocol/run';

export type HealthTone = 'plain' | 'good' | 'warning' | 'bad';

export interface Health {
    text: string;
    tone: HealthTone;
}

/** What progress is measured by. */
export interface Progress {
    key: 'test_accuracy' | 'test_rmse' | 'test_loss' | 'train_loss';
    name: string;
    rises: boolean;
}

const progresses: readonly Progress[] = [
    { key: 'test_accuracy', name: 'test accuracy', rises: true },
    { key: 'test_rmse', name: 'test error', rises: false },
    { key: 'test_loss', name: 'test loss', rises: false },
    { key: 'train_loss', name: 'training loss', rises: false },
];

/** The first number that the rounds have: accuracy before error before loss. */
export function progress_of(rounds: readonly Round[]): Progress {
    return (
        progresses.find(({ key }) => rounds.some((round) => typeof round[key] === 'number')) ?? progresses.at(-1)!
    );
}

/** Rounds over which a change is told. */
const span = 10;
/** Times its least value: a loss that is over this has got out of hand. */
const diverged = 2;
/** Times its least value: a test loss that is over this, while training goes on, says overfitting. */
const overfitted = 1.08;

/** Of a training with at least one round. */
export function learning_health(rounds: readonly Round[]): Health {
    const { key, name, rises } = progress_of(rounds);
    const out_of_hand = divergence(rounds);
    if (out_of_hand !== null) {
        return { text: out_of_hand, tone: 'bad' };
    }
    const known = latest(rounds, (round) => (round.test_partial === true ? null : round[key]), span + 3);
    const last = known.at(-1);
    if (last === undefined) {
        return { text: 'Learning: the first result is not there yet', tone: 'plain' };
    }
    if (known.length === 1) {
        return { text: `Learning: ${name} ${show(key, last)} after the first round`, tone: 'plain' };
    }
    const flat = rounds.at(-1)!.plateau;
    const tail = overfitting(rounds) ? '; test loss rises: overfitting' : '';
    if (flat !== undefined) {
        const of = progresses.find((one) => one.key === flat.metric)?.name ?? flat.metric;
        return { text: `Flat: no better ${of} since round ${flat.since}${tail}`, tone: 'warning' };
    }
    const back = Math.min(span, known.length - 1);
    // As many values at either end, so that one of them does not make the change.
    const some = Math.min(3, known.length - back);
    const change = mean_of(known.slice(-some)) - mean_of(known.slice(0, known.length - back).slice(-some));
    const way = `${difference(key, change)} in the last ${plural(back, 'round')}`;
    const is_level = way.startsWith('±');
    const better = !is_level && (rises ? change > 0 : change < 0);
    if (tail !== '') {
        // Two lines on a telephone, as the others are: points are of the accuracy.
        const said = key === 'test_accuracy' ? way : `${name} ${way}`;
        return { text: `${better ? 'Learning slows' : is_level ? 'Hardly moving' : 'Wavering'}: ${said}${tail}`, tone: 'warning' };
    }
    return better
        ? { text: `Learning: ${name} ${way}`, tone: 'good' }
        : { text: `${is_level ? 'Hardly moving' : 'Wavering'}: ${name} ${way}`, tone: 'plain' };
}

/** How a training ended; detail comes from the master. */
export function ending_health(
    ending: { outcome: string; detail: string; round: number },
    rounds: readonly Round[],
): Health {
    const { key, name } = progress_of(rounds);
    const last = rounds.findLast((round) => typeof round[key] === 'number')?.[key];
    const result = typeof last === 'number' ? `, ${name} ${show(key, last)}` : '';
    const detail = ending.detail === '' ? '' : `: ${ending.detail}`;
    switch (ending.outcome) {
        case 'failed':
            return { text: `Failed${detail || ' without a word why'}`, tone: 'bad' };
        case 'stopped':
            return { text: `Stopped by an operator after round ${ending.round}${result}`, tone: 'warning' };
        case 'target_reached':
            return { text: `Target reached in round ${ending.round}${result}`, tone: 'good' };
        case 'stopped_early':
            return { text: `Ended early after round ${ending.round}, as it got no better${result}`, tone: 'good' };
        default:
            return { text: `Done after ${plural(ending.round, 'round')}${result}`, tone: 'good' };
    }
}

/** Nothing has come for as long as a step of a round may take, as the master judges; since when, or null. */
export function stalled_health(since: number | null | undefined, now: number): Health | null {
    return typeof since === 'number'
        ? { text: `No update and no round for ${duration(now - since)}`, tone: 'warning' }
        : null;
}

/** Before the first round. */
export function waiting_health(status: Status, training: boolean): Health {
    const missing = status.min_workers - status.workers;
    if (missing > 0) {
        return { text: `Waiting for ${plural(missing, 'more worker')}`, tone: 'plain' };
    }
    return training
        ? { text: 'The first round is under way', tone: 'plain' }
        : { text: 'Ready: Train begins with the first round', tone: 'plain' };
}

function divergence(rounds: readonly Round[]): string | null {
    const known = latest(rounds, (round) => round.train_loss, 6);
    const last = rounds.at(-1)?.train_loss;
    if (last === null && known.length > 0) {
        return 'Diverging: the training loss is no number any more';
    }
    const least = rounds.reduce((low, { train_loss }) => (train_loss !== null && train_loss < low ? train_loss : low), Infinity);
    if (typeof last !== 'number' || known.length < 4 || last <= diverged * least) {
        return null;
    }
    const first = rounds.find((round) => round.train_loss !== null)!.train_loss!;
    const before = mean_of(known.slice(0, -3));
    const now = mean_of(known.slice(-3));
    return now > before && now > first * 0.9
        ? `Diverging: the training loss rose from ${loss(least)} to ${loss(last)}`
        : null;
}

function overfitting(rounds: readonly Round[]): boolean {
    const both = (round: Round): boolean => round.test_loss !== null && round.train_loss !== null;
    let best: Round | undefined;
    for (const round of rounds) {
        best = both(round) && !(best !== undefined && round.test_loss! >= best.test_loss!) ? round : best;
    }
    const recent = (of: 'test_loss' | 'train_loss'): number[] => latest(rounds, (round) => (both(round) ? round[of] : null), 20);
    if (best === undefined || recent('test_loss').length < 20) {
        return false;
    }
    const mean = (of: 'test_loss' | 'train_loss'): number => mean_of(recent(of).slice(-5));
    return mean('test_loss') > overfitted * best.test_loss! && mean('train_loss') < best.train_loss!;
}

/** The last so many of these numbers that rounds have, oldest first. */
function latest(rounds: readonly Round[], of: (round: Round) => number | null | undefined, most: number): number[] {
    const found: number[] = [];
    for (let at = rounds.length - 1; at >= 0 && found.length < most; at -= 1) {
        const value = of(rounds[at]!);
        if (typeof value === 'number') {
            found.push(value);
        }
    }
    return found.reverse();
}

function mean_of(values: readonly number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function show(key: Progress['key'], value: number): string {
    return key === 'test_accuracy' ? percent(value) : loss(value);
}

/** With its sign; accuracies in points. */
export function difference(key: Progress['key'], change: number): string {
    const points = key === 'test_accuracy' ? change * 100 : change;
    const text = key === 'test_accuracy' ? Math.abs(points).toFixed(1) : loss(Math.abs(points));
    const sign = Number(text) === 0 ? '±' : points < 0 ? '−' : '+';
    return `${sign}${text}${key === 'test_accuracy' ? ' points' : ''}`;
}
