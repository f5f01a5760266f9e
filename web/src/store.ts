// The signals that the views read. Slices keep their identity while they do not change, so views of others do not
// redraw.
import { batch, computed, signal } from '@preact/signals';
import { ApiError, get_json } from './api';
import { Connection, type Answering, type Link, type Socket } from './connection';
import type { State } from './model';
import { read_kept_evaluation, with_kept } from './kept_evaluation';
import { read_last_clients, with_last } from './last_clients';
import { missing_rounds, with_older } from './older_rounds';
import { journal_version, take } from './past';
import { poll } from './polling';
import type { Round } from './protocol/run';
import type { Session } from './protocol/stream';

/** Milliseconds between drawings while nobody looks, when there are no frames. */
const hidden_interval = 1000;
const probe_limit = 5_000;

/** Of the master, as its stream tells it. */
export const present = signal<State | null>(null);
/** A run of the past that is shown in its place; null: none is. */
export const opened = signal<State | null>(null);
export const state = computed(() => opened.value ?? present.value);
export const link = signal<Link>({ kind: 'connecting' });
export const session = signal<Session>({ role: 'operator', protected: false });
/** Unix seconds by the master's clock, ticking once a second while something is heard of it. */
export const now = signal(Date.now() / 1000);
/** Unix seconds by this machine's clock, ticking once a second. */
export const now_here = signal(Date.now() / 1000);
/** Unix seconds by this machine's clock of the last message; null before the first. */
export const last_heard = signal<number | null>(null);

export const status = computed(() => state.value?.status ?? null);
export const workers = computed(() => state.value?.workers ?? []);
/** One for each name: who came back is here, and who left again and again is gone once. */
export const people = computed(() => {
    const last = new Map(workers.value.map((one) => [one.name, one]));
    const here = new Set(workers.value.flatMap((one) => (one.state === 'gone' ? [] : one.name)));
    return workers.value.filter((one) => one.state !== 'gone' || (last.get(one.name) === one && !here.has(one.name)));
});
export const clients = computed(() => opened.value?.clients ?? with_last(present.value?.clients ?? []));
const older_rounds = signal<Round[]>([]);
export const rounds = computed(
    () => opened.value?.rounds ?? with_older(older_rounds.value, present.value?.rounds ?? []),
);
/** Rounds of the run that neither the page has nor the master can tell. */
export const rounds_lost = computed(() =>
    opened.value !== null || older_rounds.value.length > 0 ? 0 : (present.value?.status.rounds_forgotten ?? 0),
);
export const log = computed(() => state.value?.log ?? []);
export const evaluation = computed(() => with_kept(state.value));
export const data = computed(() => state.value?.data ?? null);
export const open_round = computed(() => state.value?.open_round ?? null);
/** What is shown is what is: by the stream, or where none passes by asking. */
export const is_live = computed(() => link.value.kind === 'live' || link.value.kind === 'polling');
export const is_regression = computed(() => status.value?.task === 'regression');

let clock_offset = 0;
let clock_read: number | null = null;
let latest: State | null = null;
let is_planned = false;
let asked_rounds: string | null = null;

/**
 * Unix seconds by the master's clock, to the millisecond; not a signal. It stands still while nothing is heard, and
 * is the end of a run of the past that is opened.
 */
export function master_time(): number {
    if (opened.peek() !== null) {
        return opened.peek()!.status.now;
    }
    return (is_live.peek() ? Date.now() / 1000 : (last_heard.peek() ?? Date.now() / 1000)) + clock_offset;
}

function draw(): void {
    is_planned = false;
    batch(() => {
        present.value = latest;
        last_heard.value = Date.now() / 1000;
        journal_version.value += 1;
    });
}

function plan_drawing(): void {
    if (!is_planned) {
        is_planned = true;
        if (document.hidden) {
            setTimeout(draw, hidden_interval);
        } else {
            requestAnimationFrame(draw);
        }
    }
}

/** Once for each run; what cannot be read stays missing. */
async function read_older_rounds(next: State): Promise<void> {
    const wanted = missing_rounds(next);
    if (wanted === asked_rounds) {
        return;
    }
    asked_rounds = wanted;
    older_rounds.value = [];
    if (wanted === null) {
        return;
    }
    const found = await get_json<Round[]>('rounds').catch(() => []);
    if (wanted === asked_rounds) {
        older_rounds.value = found;
    }
}

function on_state(next: State): void {
    void read_older_rounds(next);
    void read_last_clients(next);
    void read_kept_evaluation(next);
    // status.now changes with snapshots only, and is the time of the master's clock when it was sent.
    if (next.status.now !== clock_read) {
        clock_read = next.status.now;
        clock_offset = next.status.now - Date.now() / 1000;
    }
    latest = next;
    plan_drawing();
}

async function probe(): Promise<Answering> {
    try {
        await get_json('session', { signal: AbortSignal.timeout(probe_limit) });
        return 'answers';
    } catch (error) {
        return error instanceof ApiError && error.status === 401 ? 'signed_out' : 'silent';
    }
}

function stream_url(): string {
    const url = new URL('api/v1/stream', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = '';
    url.hash = '';
    return url.href;
}

async function read_session(): Promise<void> {
    try {
        session.value = await get_json<Session>('session');
    } catch {
        // The server decides about every command anyway; without its word nothing is held back.
    }
}

export const connection = new Connection({
    url: stream_url(),
    open: (url) => new WebSocket(url) as Socket,
    probe,
    poll,
    on_state,
    on_message: take,
    on_link: (next) => {
        if (next.kind === 'live' || (next.kind === 'polling' && link.peek().kind !== 'polling')) {
            void read_session();
        }
        link.value = next;
    },
});

export function start(): void {
    connection.start();
    addEventListener('online', () => connection.retry_now());
    // A drawing that was planned for a frame may wait for the reader's return.
    document.addEventListener('visibilitychange', () => {
        if (is_planned) {
            draw();
        }
    });
    setInterval(() => {
        now_here.value = Date.now() / 1000;
        if (is_live.peek()) {
            now.value = master_time();
        }
    }, 1000);
}
