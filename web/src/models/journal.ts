// What happened over time, as far as the page saw it or could read it up: the task stream, traffic, every
// client's way through the rounds. It changes in place, and its size is bounded whatever the run's length.
import type { Measured, WorkerState } from '../protocol/run';
import type { Event, PlanChange } from '../protocol/stream';
import { doing, Lane } from './lane';
import { spread, type Spread } from './fairness';
import { fewest, oddities, rounds_judged, rounds_odd, type Measured as MeasuredClient } from './oddities';
import { costs, known_costs, no_costs, rounds_looked_at, type Cost, type Costs, type WorkerTime } from './stragglers';
import { Traffic } from './traffic';

/** One round of one client. */
export interface ClientRound {
    round: number;
    samples: number | null;
    loss: number | null;
    accuracy: number | null;
    seconds: number | null;
    distance: number | null;
    cosine: number | null;
    /** Why it does not count; empty if it does. */
    reason: string;
    detail: string;
}

/** Seconds of all workers together. */
export interface RoundShare {
    round: number;
    from: number;
    to: number;
    moving: number;
    computing: number;
    waiting: number;
    /** So many workers are usually far later than the others. */
    late: number;
}

interface Resumption {
    /** The last one before. */
    round: number;
    /** Made before it. */
    changes?: PlanChange[];
}

/** Of the master: what rounds come to whose events it may not have any more. */
export interface Summary {
    run: string;
    /** Costs are of so many rounds. */
    rounds_looked_at: number;
    usual: number | null;
    /** Where this process went on with a run of an earlier one. */
    resumed?: Resumption | null;
    workers: Cost[];
    rounds: RoundShare[];
    layers: {
        names: string[];
        units: number[];
        rounds: { round: number; weights: (number | null)[]; update: (number | null)[]; still: number[] }[];
    };
}

/** A round of `runs/RUN/lanes`. */
export interface KeptLanes {
    round: number;
    /** Unix seconds, the worker's name, and what it did from then on. */
    states: [number, string, WorkerState][];
}

/** Spans of all lanes, and rounds of all clients. */
export const span_limit = 60_000;
export const client_round_limit = 60_000;
export const share_limit = 1_000;
export const gone_limit = 100;

export class Journal {
    /** Number of the last event in it; 0 before the first. */
    seq = 0;
    readonly lanes = new Map<number, Lane>();
    readonly traffic = new Traffic();
    readonly clients = new Map<number, ClientRound[]>();
    shares: RoundShare[] = [];
    /** L2 norm of the mean update by round, as far as the clients' rounds reach. */
    readonly steps = new Map<number, number>();
    /** What rounds did to each array of the model. */
    layers = new Map<number, Measured[]>();
    /** Clients that have been in rounds enough for a verdict, and the round of the first. */
    readonly judged = new Map<number, number>();
    /** Those of them that stood out in most of their last rounds, and by what. */
    readonly odd = new Map<number, string[]>();
    /** What each worker costs the rounds of late. */
    costs: Costs = no_costs;
    /** How the clients' own tests are spread, by round. */
    readonly spreads = new Map<number, Spread>();
    /** First rounds after the master was started again. */
    readonly restarts: number[] = [];
    /** What was changed before that. */
    changes: PlanChange[] = [];
    /** `answered` is when the last update was in, where that is known: clients may test the new model afterwards. */
    open: { round: number; from: number; answered?: number } | null = null;
    private run_ = '';
    /** What was replayed is of the run that this master's process goes on with, under another number. */
    private replayed_ = false;
    private readonly times_: WorkerTime[][] = [];
    /** The master's costs are of more rounds than were seen here. */
    private told_ = 0;
    /** By client: what each of its last rounds showed. */
    private readonly signs_ = new Map<number, string[][]>();

    /** Takes the next event; one that is in it already changes nothing, and one after others knows of the gap. */
    apply(event: Event): void {
        if (event.seq <= this.seq) {
            return;
        }
        if (event.seq > this.seq + 1) {
            this.skip(event.seq - 1, event.time);
        }
        this.seq = event.seq;
        switch (event.type) {
            case 'run_opened':
                this.begin(event.run);
                break;
            case 'run_resumed':
                this.resume(event);
                break;
            case 'clients_evaluated': {
                const found = spread(event.round, event.clients);
                if (found !== null) {
                    this.spreads.set(event.round, found);
                    forget_first(this.spreads, share_limit);
                }
                break;
            }
            case 'worker_joined': {
                const { worker, name, state } = event.worker;
                this.take_over(worker, name);
                this.lane(worker, name).add(event.time, doing(state));
                this.traffic.count(event.time, worker, 0, 0, 0);
                break;
            }
            case 'worker_left':
                this.lane(event.worker, event.name).add(event.time, 'gone');
                this.traffic.leave(event.worker);
                this.drop_gone();
                break;
            case 'worker_state': {
                const lane = this.lane(event.worker);
                lane.add(event.time, doing(event.state));
                lane.keep(limit(span_limit, this.lanes.size, 40, 20_000));
                break;
            }
            case 'worker_stats':
                this.traffic.count(
                    event.time,
                    event.worker,
                    event.bytes_sent,
                    event.bytes_received,
                    event.queued_bytes,
                );
                break;
            case 'round_started':
                this.open = { round: event.round, from: event.time };
                break;
            case 'phase':
                if (event.phase === 'aggregating' && event.round === this.open?.round) {
                    this.open.answered = event.time;
                }
                break;
            case 'client_updated': {
                const { samples, loss, accuracy, seconds } = event;
                this.note(event.client, event.round, { samples, loss, accuracy, seconds });
                break;
            }
            case 'client_dropped':
                this.note(event.client, event.round, { reason: event.reason, detail: event.detail });
                break;
            case 'updates_compared':
                if (event.step !== null) {
                    this.steps.set(event.round, event.step);
                    forget_first(this.steps, share_limit);
                }
                for (const { client, distance, cosine } of event.clients) {
                    this.note(client, event.round, { distance, cosine });
                }
                break;
            case 'layers_measured':
                this.layers.set(event.round, event.arrays);
                forget_first(this.layers, share_limit);
                break;
            case 'round_finished':
                this.close_round(event.result.round, event.time);
                this.replayed_ = false;
                break;
            case 'training_finished':
                this.open = null;
                break;
        }
    }

    /** Events before this time were missed: what the workers did then is not known. */
    skip(seq: number, time: number): void {
        this.replayed_ = false;
        for (const lane of this.lanes.values()) {
            if (lane.now() !== 'gone') {
                lane.add(time, null);
            }
        }
        this.traffic.forget_totals();
        this.open = null;
        this.seq = seq;
    }

    /**
     * What workers did before this master's process. Who is not among `names`, the first of whom is number 1, has a
     * row without a worker, which one of the same name takes over.
     */
    replay(rounds: readonly KeptLanes[], names: readonly string[] = []): void {
        const numbers = new Map(names.map((name, place) => [name, place + 1]));
        let last = 0;
        for (const { round, states } of rounds) {
            for (const [time, name, state] of states) {
                const number = numbers.get(name) ?? -1 - numbers.size;
                numbers.set(name, number);
                this.lane(number, name).add(time, doing(state));
                this.open ??= { round, from: time };
                last = time;
            }
            this.close_round(round, last);
        }
        this.replayed_ = rounds.length > 0;
        for (const number of numbers.values()) {
            this.lane(number).add(last, 'gone');
        }
    }

    /** Whether there were clients enough, in rounds enough, to say of none that it stands out. */
    get is_judged(): boolean {
        return this.judged.size >= fewest;
    }

    /** Whether the master knows better what workers cost. */
    is_behind(): boolean {
        return this.times_.length < this.told_;
    }

    /** Takes what the master knows of rounds, also of those that were seen here: it has seen them whole. */
    summarise({ rounds_looked_at: of, usual, workers, rounds, layers, resumed }: Summary): void {
        if (resumed) {
            this.resume(resumed);
        }
        this.told_ = of;
        if (this.is_behind()) {
            this.costs = known_costs(usual, workers);
        }
        const shares = new Map([...this.shares, ...rounds].map((one) => [one.round, one]));
        this.shares = ascending(shares).map(([, one]) => one);
        const told = layers.rounds.map(({ round, weights, update, still }): [number, Measured[]] => [
            round,
            layers.names.map((name, place) => ({
                name,
                weights: weights[place] ?? null,
                update: update[place] ?? null,
                units: layers.units[place] ?? 0,
                still: still[place] ?? 0,
            })),
        ]);
        this.layers = new Map(ascending(new Map([...told, ...this.layers])));
    }

    /** What a worker does by a snapshot, where no event tells; later than every event so far. */
    see(worker: number, name: string, state: WorkerState, time: number): void {
        this.take_over(worker, name);
        this.lane(worker, name).add(time, doing(state));
    }

    private resume({ round, changes = [] }: Resumption): void {
        if (!this.restarts.includes(round + 1)) {
            this.restarts.push(round + 1);
        }
        this.changes = changes;
    }

    /** Rounds of another run have nothing to do with those of this one. */
    private begin(run: string): void {
        if (run !== this.run_ && !this.replayed_) {
            this.clients.clear();
            this.steps.clear();
            this.layers.clear();
            this.judged.clear();
            this.odd.clear();
            this.signs_.clear();
            this.spreads.clear();
            this.restarts.length = 0;
            this.changes = [];
            this.times_.length = 0;
            this.told_ = 0;
            this.costs = no_costs;
            this.shares.length = 0;
            this.open = null;
        }
        this.run_ = run;
        this.replayed_ = false;
    }

    private lane(worker: number, name?: string): Lane {
        let lane = this.lanes.get(worker);
        if (lane === undefined) {
            lane = new Lane(worker, name ?? `worker ${worker}`);
            this.lanes.set(worker, lane);
        } else if (name !== undefined) {
            lane.name = name;
        }
        return lane;
    }

    /** A worker that comes back has another number, the row that it had, and what it cost. */
    private take_over(worker: number, name: string): void {
        for (const lane of this.lanes.values()) {
            if (lane.name === name && lane.worker !== worker && lane.now() === 'gone') {
                const old = lane.worker;
                this.lanes.delete(old);
                for (const times of this.times_) {
                    for (const time of times) {
                        time.worker = time.worker === old ? worker : time.worker;
                    }
                }
                if (this.costs.of.has(old)) {
                    const all = [...this.costs.of.values()].map((one) => (one.worker === old ? { ...one, worker } : one));
                    this.costs = known_costs(this.costs.usual, all);
                }
                lane.worker = worker;
                this.lanes.set(worker, lane);
                return;
            }
        }
    }

    private drop_gone(): void {
        const gone = [...this.lanes.values()].filter((lane) => lane.now() === 'gone');
        for (const lane of gone.slice(0, Math.max(0, gone.length - gone_limit))) {
            this.lanes.delete(lane.worker);
        }
    }

    private note(client: number, round: number, fields: Partial<ClientRound>): void {
        let rounds = this.clients.get(client);
        if (rounds === undefined) {
            rounds = [];
            this.clients.set(client, rounds);
        }
        const last = rounds.at(-1);
        if (last?.round === round) {
            Object.assign(last, fields);
            return;
        }
        rounds.push({ ...empty_round(round), ...fields });
        const most = limit(client_round_limit, this.clients.size, 20, 2000);
        if (rounds.length > most * 1.25) {
            rounds.splice(0, rounds.length - most);
        }
    }

    private judge(round: number): void {
        const together: MeasuredClient[] = [];
        for (const [client, rounds] of this.clients) {
            const last = rounds.at(-1);
            if (last?.round === round && last.reason === '') {
                together.push({ client, ...last });
            }
        }
        const found = oddities(together);
        for (const { client } of together) {
            const latest = [...(this.signs_.get(client) ?? []), found.get(client) ?? []].slice(-rounds_judged);
            this.signs_.set(client, latest);
            if (latest.length < rounds_judged) {
                continue;
            }
            this.judged.set(client, this.judged.get(client) ?? round);
            const odd = latest.filter((signs) => signs.length > 0);
            if (odd.length >= rounds_odd) {
                this.odd.set(client, odd.at(-1)!);
            } else {
                this.odd.delete(client);
            }
        }
    }

    private close_round(round: number, to: number): void {
        this.judge(round);
        if (this.open?.round !== round) {
            this.open = null;
            return;
        }
        const { from, answered = to } = this.open;
        const share: RoundShare = { round, from, to, moving: 0, computing: 0, waiting: 0, late: 0 };
        const times: WorkerTime[] = [];
        for (const lane of this.lanes.values()) {
            const seconds = lane.seconds(from, to);
            const until = lane.busy_until(from, answered);
            if (until !== null) {
                const work = lane.seconds(from, answered);
                times.push({
                    worker: lane.worker,
                    until: until - from,
                    loading: work.loading,
                    computing: work.training,
                    moving: work.receiving + work.sending,
                });
            }
            share.moving += seconds.receiving + seconds.sending;
            share.computing += seconds.training + seconds.loading;
            share.waiting += seconds.waiting;
        }
        this.times_.push(times);
        this.times_.splice(0, this.times_.length - rounds_looked_at);
        if (!this.is_behind()) {
            this.costs = costs(this.times_);
        }
        share.late = this.costs.late.size;
        this.shares.push(share);
        if (this.shares.length > share_limit * 1.25) {
            this.shares.splice(0, this.shares.length - share_limit);
        }
        this.open = null;
    }
}

function ascending<T>(by_round: ReadonlyMap<number, T>): [number, T][] {
    return [...by_round].sort(([one], [other]) => one - other);
}

export function empty_round(round: number): ClientRound {
    return {
        round,
        samples: null,
        loss: null,
        accuracy: null,
        seconds: null,
        distance: null,
        cosine: null,
        reason: '',
        detail: '',
    };
}

/** What each of some holders may keep of all that is kept together. */
function limit(together: number, holders: number, least: number, most: number): number {
    return Math.round(Math.min(most, Math.max(least, together / Math.max(1, holders))));
}

function forget_first(from: Map<number, unknown>, keep: number): void {
    for (const key of from.keys()) {
        if (from.size <= keep) {
            return;
        }
        from.delete(key);
    }
}
