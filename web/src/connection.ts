// Keeps the stream of docs/api.md open: connects, takes up where it stopped, starts over where it cannot.
import { receive, type State } from './model';
import { parse_json } from './models/exact_json';
import type { Batch, Event, Snapshot } from './protocol/stream';

export interface Socket {
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event?: { code?: number }) => void) | null;
    close(): void;
}

/** retry_at is in milliseconds of Date.now(), null while a try is under way. */
export type Link =
    | { kind: 'connecting' }
    | { kind: 'live' }
    | { kind: 'reconnecting' | 'lost'; retry_at: number | null }
    /** The master answers and its stream does not pass: it is asked for events again and again. */
    | { kind: 'polling'; retry_at: number | null }
    /** The server has ended the session: only signing in again helps. */
    | { kind: 'signed_out' };

export type Answering = 'answers' | 'silent' | 'signed_out';

export interface Options {
    /** ws: or wss: URL of the stream, without a query. */
    url: string;
    open: (url: string) => Socket;
    /** How the server answers at all; asked after a long silence, and where a stream does not open. */
    probe: () => Promise<Answering>;
    /** What a stream would have brought since a state: a snapshot without one. Rejects when nothing is answered. */
    poll?: (state: State | null) => Promise<readonly unknown[]>;
    on_state: (state: State) => void;
    /** What the state was made from: a snapshot that replaced it, or the event that is now part of it. */
    on_message?: (message: Snapshot | Event) => void;
    on_link: (link: Link) => void;
    /** In [0, 1); spreads the retries of many pages. */
    random?: () => number;
}

/** Milliseconds. */
export const first_delay = 500;
export const longest_delay = 15_000;
export const silence_limit = 20_000;
export const open_limit = 10_000;
/** The connection counts as lost after this many failures in a row; the tries go on. */
export const failures_until_lost = 5;
/** So many streams that did not open, of a server that answers, are one that something between refuses. */
export const refusals_until_polling = 2;
export const poll_interval = 1_000;
/** A stream that ends with this code will not be opened again without signing in. */
export const session_ended = 4401;

export class Connection {
    private state_: State | null = null;
    private socket_: Socket | null = null;
    private timer_: ReturnType<typeof setTimeout> | undefined;
    private failures_ = 0;
    private gaps_ = 0;
    private resuming_ = false;
    private ever_live_ = false;
    /** Whether the present socket brought anything. */
    private heard_ = false;
    private refusals_ = 0;
    private is_polling_ = false;
    private poll_timer_: ReturnType<typeof setTimeout> | undefined;

    constructor(private readonly options_: Options) {}

    start(): void {
        this.options_.on_link({ kind: 'connecting' });
        this.connect();
    }

    /** Tries at once instead of at the planned time; does nothing while a connection stands. */
    retry_now(): void {
        if (this.socket_ === null) {
            this.connect();
        }
    }

    stop(): void {
        clearTimeout(this.timer_);
        this.end_polling();
        this.drop();
    }

    private connect(): void {
        clearTimeout(this.timer_);
        if (this.failures_ + this.gaps_ > 0) {
            this.options_.on_link({ kind: this.trouble(), retry_at: null });
        }
        // A second gap in a row means that going on from here does not work: start over with a snapshot.
        const from = this.gaps_ < 2 ? this.state_ : null;
        this.resuming_ = from !== null;
        const place = from === null ? '' : `&after=${from.seq}&instance=${encodeURIComponent(from.instance)}`;
        this.heard_ = false;
        const socket = this.options_.open(`${this.options_.url}?batch=1${place}`);
        this.socket_ = socket;
        socket.onmessage = (event) => this.on_message(event.data);
        socket.onclose = (event) => {
            if (event?.code === session_ended) {
                this.stop();
                this.options_.on_link({ kind: 'signed_out' });
            } else {
                this.on_failure();
            }
        };
        this.timer_ = setTimeout(() => this.on_failure(), open_limit);
    }

    private on_message(data: unknown): void {
        let messages: unknown[];
        try {
            const message = parse_json(String(data));
            messages = is_batch(message) ? message.events : [message];
        } catch {
            this.on_nonsense();
            return;
        }
        this.heard_ = true;
        this.refusals_ = 0;
        this.end_polling();
        for (const message of messages) {
            if (!this.take(message)) {
                return;
            }
        }
        this.watch_for_silence();
    }

    /** False when nothing more of this connection is wanted. */
    private take(message: unknown): boolean {
        let received;
        try {
            received = receive(this.state_, message);
        } catch {
            this.on_nonsense();
            return false;
        }
        if (received.verdict === 'gap') {
            this.on_gap();
            return false;
        }
        const { type } = message as { type: unknown };
        if (type === 'snapshot' || type === 'resumed') {
            this.failures_ = 0;
            this.ever_live_ = true;
            this.options_.on_link(this.is_polling_ ? { kind: 'polling', retry_at: null } : { kind: 'live' });
        } else if (received.verdict === 'applied') {
            this.gaps_ = 0;
        }
        if (received.verdict === 'applied' && received.state !== null) {
            this.state_ = received.state;
            this.options_.on_state(received.state);
            if (type !== 'resumed') {
                this.options_.on_message?.(message as Snapshot | Event);
            }
        }
        return true;
    }

    /** What cannot be read may have changed anything: only a snapshot helps. */
    private on_nonsense(): void {
        this.gaps_ += 1;
        this.on_gap();
    }

    private on_gap(): void {
        this.gaps_ += 1;
        this.drop();
        if (this.gaps_ === 1 && !this.resuming_) {
            this.connect();
        } else {
            this.retry_later();
        }
    }

    private on_failure(): void {
        this.failures_ += 1;
        const was_refused = !this.heard_;
        this.drop();
        this.retry_later();
        if (was_refused) {
            void this.ask_why();
        }
    }

    /** A browser says of a stream that did not open only that it did not. */
    private async ask_why(): Promise<void> {
        const failures = this.failures_;
        const found = await this.options_.probe();
        if (this.failures_ !== failures || this.heard_) {
            return;
        }
        if (found === 'signed_out') {
            this.stop();
            this.options_.on_link({ kind: 'signed_out' });
        } else if (found === 'answers') {
            this.refusals_ += 1;
            if (this.refusals_ >= refusals_until_polling && !this.is_polling_ && this.options_.poll !== undefined) {
                this.is_polling_ = true;
                void this.poll();
            }
        }
    }

    /** Until a stream opens, or the master does not answer. */
    private async poll(): Promise<void> {
        try {
            const messages = (await this.options_.poll?.(this.state_)) ?? [];
            for (const message of messages) {
                if (!this.is_polling_ || !this.take(message)) {
                    break;
                }
            }
        } catch {
            this.end_polling();
        }
        if (this.is_polling_) {
            this.options_.on_link({ kind: 'polling', retry_at: null });
            this.poll_timer_ = setTimeout(() => void this.poll(), poll_interval);
        }
    }

    private end_polling(): void {
        this.is_polling_ = false;
        clearTimeout(this.poll_timer_);
    }

    private retry_later(): void {
        clearTimeout(this.timer_);
        const step = Math.min(this.failures_ + this.gaps_ - 1, 10);
        const spread = 0.75 + 0.5 * (this.options_.random ?? Math.random)();
        const delay = Math.min(longest_delay, first_delay * 2 ** step) * spread;
        this.options_.on_link({ kind: this.trouble(), retry_at: Date.now() + delay });
        this.timer_ = setTimeout(() => this.connect(), delay);
    }

    private trouble(): 'reconnecting' | 'lost' | 'polling' {
        if (this.is_polling_) {
            return 'polling';
        }
        return this.failures_ >= failures_until_lost || !this.ever_live_ ? 'lost' : 'reconnecting';
    }

    private watch_for_silence(): void {
        clearTimeout(this.timer_);
        const socket = this.socket_;
        const timer = setTimeout(async () => {
            const found = await this.options_.probe();
            if (this.timer_ !== timer || this.socket_ !== socket) {
                return;
            }
            if (found === 'answers') {
                this.watch_for_silence();
            } else {
                this.on_failure();
            }
        }, silence_limit);
        this.timer_ = timer;
    }

    private drop(): void {
        if (this.socket_ !== null) {
            this.socket_.onmessage = null;
            this.socket_.onclose = null;
            this.socket_.close();
            this.socket_ = null;
        }
    }
}

function is_batch(message: unknown): message is Batch {
    const fields = (typeof message === 'object' && message !== null ? message : {}) as Partial<Batch>;
    return fields.type === 'events' && Array.isArray(fields.events);
}
