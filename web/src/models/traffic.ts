// Bytes by second, from the totals that workers' statistics carry.

export interface Second {
    /** Unix seconds, whole. */
    time: number;
    /** By the master, in that second. */
    sent: number;
    received: number;
    /** Waiting to be sent to all workers. */
    queued: number;
}

interface Totals {
    sent: number;
    received: number;
    queued: number;
}

export const seconds_limit = 900;

export class Traffic {
    readonly seconds: Second[] = [];
    private readonly totals_ = new Map<number, Totals>();
    private queued_ = 0;

    /** Totals since the worker joined; the first that is heard of a worker only sets where counting begins. */
    count(time: number, worker: number, sent: number, received: number, queued: number | null): void {
        const before = this.totals_.get(worker);
        const second = this.second(Math.floor(time));
        const waiting = queued ?? 0;
        if (before !== undefined) {
            second.sent += Math.max(0, sent - before.sent);
            second.received += Math.max(0, received - before.received);
        }
        this.queued_ += waiting - (before?.queued ?? 0);
        second.queued = Math.max(second.queued, this.queued_);
        this.totals_.set(worker, { sent, received, queued: waiting });
    }

    leave(worker: number): void {
        this.queued_ -= this.totals_.get(worker)?.queued ?? 0;
        this.totals_.delete(worker);
    }

    /** After something was missed: totals of before must not be taken for one second's traffic. */
    forget_totals(): void {
        this.totals_.clear();
        this.queued_ = 0;
    }

    private second(time: number): Second {
        const last = this.seconds.at(-1);
        if (last !== undefined && last.time >= time) {
            return last;
        }
        // Seconds without news are shown as such; after a long silence the gap itself says enough.
        const from = last === undefined || time - last.time > 60 ? time : last.time + 1;
        for (let missing = from; missing <= time; missing += 1) {
            this.seconds.push({ time: missing, sent: 0, received: 0, queued: this.queued_ });
        }
        if (this.seconds.length > seconds_limit + 60) {
            this.seconds.splice(0, this.seconds.length - seconds_limit);
        }
        return this.seconds.at(-1)!;
    }
}
