// What one worker did over time: a row of the task stream.
import type { WorkerState } from '../protocol/run';

/** What a worker does, in the stream's words; null: not known, because the page did not see it. */
export type Doing = 'receiving' | 'loading' | 'training' | 'sending' | 'waiting' | 'gone';
export const doings: readonly Doing[] = ['receiving', 'loading', 'training', 'sending', 'waiting', 'gone'];

export function doing(state: WorkerState): Doing {
    return state === 'joined' || state === 'ready' ? 'waiting' : state;
}

/** Spans, each from its time to the next one's. */
export class Lane {
    readonly times: number[] = [];
    readonly what: (Doing | null)[] = [];

    constructor(
        /** The number that it has now: it has another whenever it comes back. */
        public worker: number,
        public name: string,
    ) {}

    add(time: number, what: Doing | null): void {
        if (this.what.at(-1) === what) {
            return;
        }
        this.times.push(Math.max(time, this.times.at(-1) ?? time));
        this.what.push(what);
    }

    /** Forgets the oldest spans. */
    keep(spans: number): void {
        const extra = this.times.length - spans;
        // A quarter at once, so that the cost of moving the rest is rare.
        if (extra > spans / 4) {
            this.times.splice(0, extra);
            this.what.splice(0, extra);
        }
    }

    now(): Doing | null {
        return this.what.at(-1) ?? null;
    }

    /** Place of the span at this time; -1 before the first. */
    at(time: number): number {
        let low = 0;
        let high = this.times.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.times[middle]! <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    /** Seconds by what it did between two times; what is not known is not counted. */
    seconds(from: number, to: number): Record<Doing, number> {
        const sums = { receiving: 0, loading: 0, training: 0, sending: 0, waiting: 0, gone: 0 };
        for (let place = Math.max(0, this.at(from)); place < this.times.length; place += 1) {
            const start = Math.max(from, this.times[place]!);
            const end = Math.min(to, this.times[place + 1] ?? to);
            const what = this.what[place];
            if (start >= to) {
                break;
            }
            if (what && end > start) {
                sums[what] += end - start;
            }
        }
        return sums;
    }

    /** When it was last at work between two times (receiving to sending); null if it was not. */
    busy_until(from: number, to: number): number | null {
        for (let place = this.at(to); place >= 0 && (this.times[place + 1] ?? to) > from; place -= 1) {
            const what = this.what[place];
            if (what === 'receiving' || what === 'training' || what === 'sending') {
                return Math.min(to, this.times[place + 1] ?? to);
            }
        }
        return null;
    }
}
