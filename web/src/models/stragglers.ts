// What each worker costs a round: who is waited for, how long, and how long rounds would be without them.
import { median } from './statistics';

/** One worker in one round, in seconds. */
export interface WorkerTime {
    worker: number;
    /** From the start of the round until it was done. */
    until: number;
    loading: number;
    computing: number;
    moving: number;
}

export interface Cost extends WorkerTime {
    /** Seconds by which the usual round would be shorter without it. */
    saves: number;
    rounds: number;
}

export interface Costs {
    /** Seconds from the start of the usual round until the last worker is done; null before the first. */
    usual: number | null;
    /** By worker: medians over the rounds that it was in. */
    of: ReadonlyMap<number, Cost>;
    late: ReadonlySet<number>;
}

/** So many rounds are looked at. */
export const rounds_looked_at = 20;
/** So many times what others take counts as late. */
export const late_factor = 2;
/** Fewer workers, or rounds of one, have no usual time. */
const fewest_workers = 3;
const fewest_rounds = 3;

/** Of the usual round: who costs less is nobody's concern. */
const least_share = 0.05;
/** Times the usual round: one that takes longer is another kind of round. */
const longer_round = 1.25;

/** Who makes rounds longer, the one who does most first. */
export function dear({ usual, of }: Costs, is_here: (worker: number) => boolean): Cost[] {
    return [...of.values()]
        .filter((one) => is_here(one.worker) && one.saves >= least_share * (usual ?? Infinity))
        .sort((a, b) => b.saves - a.saves);
}

/**
 * Seconds of the rounds that a worker is dear to, and whether they are the usual ones. Who came of late, or is seldom
 * asked, makes rounds long that are few: its cost is a part of those.
 */
export function dear_round({ until }: Cost, usual: number): { seconds: number; is_usual: boolean } {
    const is_usual = until <= longer_round * usual;
    return { seconds: is_usual ? Math.max(until, usual) : until, is_usual };
}

export const no_costs: Costs = { usual: null, of: new Map(), late: new Set() };

export function costs(rounds: readonly (readonly WorkerTime[])[]): Costs {
    const by_worker = new Map<number, { times: WorkerTime[]; saved: number[] }>();
    const lengths: number[] = [];
    for (const round of rounds) {
        const [first = 0, second = 0] = round.map((one) => one.until).sort((a, b) => b - a);
        lengths.push(first);
        for (const time of round) {
            let one = by_worker.get(time.worker);
            if (one === undefined) {
                one = { times: [], saved: [] };
                by_worker.set(time.worker, one);
            }
            one.times.push(time);
            one.saved.push(time.until === first ? first - second : 0);
        }
    }
    const of: Cost[] = [];
    for (const [worker, { times, saved }] of by_worker) {
        const usual = (field: 'until' | 'loading' | 'computing' | 'moving'): number =>
            median(times.map((one) => one[field]));
        of.push({
            worker,
            until: usual('until'),
            loading: usual('loading'),
            computing: usual('computing'),
            moving: usual('moving'),
            saves: by_worker.size > 1 ? median(saved) : 0,
            rounds: times.length,
        });
    }
    return known_costs(lengths.length > 0 ? median(lengths) : null, of);
}

export function known_costs(usual: number | null, all: readonly Cost[]): Costs {
    return { usual, of: new Map(all.map((one) => [one.worker, one])), late: late_of(all) };
}

/** One slow round makes nobody late: the median of many does, and that does not flicker. */
function late_of(all: readonly Cost[]): Set<number> {
    if (all.length < fewest_workers) {
        return new Set();
    }
    const usual = median(all.map((one) => one.until));
    return new Set(
        all
            .filter((one) => one.rounds >= fewest_rounds && one.until > late_factor * usual)
            .map((one) => one.worker),
    );
}
