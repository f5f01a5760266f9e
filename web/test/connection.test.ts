import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
    Connection,
    failures_until_lost,
    first_delay,
    longest_delay,
    open_limit,
    poll_interval,
    session_ended,
    silence_limit,
    type Link,
    type Options,
    type Socket,
} from '../src/connection';
import type { State } from '../src/model';
import { event, snapshot } from './samples';

class Fake implements Socket {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event?: { code?: number }) => void) | null = null;
    closed = false;
    constructor(readonly url: string) {}
    close(): void {
        this.closed = true;
    }
    get query(): string {
        return this.url.replace('ws://host/stream', '');
    }
    say(message: object | string): void {
        this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
    }
    note(seq: number): void {
        this.say(event(seq, 'notice', { level: 'info', text: String(seq) }) as object);
    }
    fail(): void {
        this.onclose?.();
    }
}

let sockets: Fake[];
let states: State[];
let links: Link[];
let answers: boolean;
let signed_out: boolean;

const last = (): Fake => sockets.at(-1)!;

function connect(more: Partial<Options> = {}): Connection {
    const connection = new Connection({
        url: 'ws://host/stream',
        open: (url) => {
            sockets.push(new Fake(url));
            return last();
        },
        probe: () => Promise.resolve(signed_out ? 'signed_out' : answers ? 'answers' : 'silent'),
        on_state: (state) => states.push(state),
        on_link: (link) => links.push(link),
        random: () => 0.5,
        ...more,
    });
    connection.start();
    return connection;
}

beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    states = [];
    links = [];
    answers = true;
    signed_out = false;
});

afterEach(() => {
    vi.useRealTimers();
});

describe('connection', () => {
    it('is live with the first snapshot, not before', () => {
        connect();
        expect(last().query).toBe('?batch=1');
        expect(links).toEqual([{ kind: 'connecting' }]);
        last().say(snapshot(5));
        expect(links.at(-1)).toEqual({ kind: 'live' });
        last().note(6);
        expect(states.map((state) => state.seq)).toEqual([5, 6]);
    });

    it('names what it has seen when it comes back', () => {
        connect();
        last().say({ ...snapshot(5), instance: 'a&b' });
        last().note(6);
        last().fail();
        expect(links.at(-1)).toMatchObject({ kind: 'reconnecting', retry_at: Date.now() + first_delay });
        expect(sockets).toHaveLength(1);
        vi.advanceTimersByTime(first_delay);
        expect(last().query).toBe('?batch=1&after=6&instance=a%26b');
        last().say({ type: 'resumed', instance: 'a&b', seq: 6 });
        expect(links.at(-1)).toEqual({ kind: 'live' });
        last().note(7);
        expect(states.at(-1)!.log.map((one) => one.seq)).toEqual([6, 7]);
    });

    it('connects anew at once at a gap, and takes up before it', () => {
        connect();
        last().say(snapshot(5));
        last().note(8);
        expect(sockets).toHaveLength(2);
        expect(sockets[0]!.closed).toBe(true);
        expect(last().query).toBe('?batch=1&after=5&instance=a');
        expect(states.at(-1)!.seq).toBe(5);
        sockets[0]!.note(6);
        expect(states.at(-1)!.seq).toBe(5);
    });

    it('starts over with a snapshot when going on leads to a gap again', () => {
        connect();
        last().say(snapshot(5));
        last().note(8);
        last().say({ type: 'resumed', instance: 'a', seq: 5 });
        last().note(8);
        expect(sockets).toHaveLength(2);
        vi.advanceTimersByTime(2 * first_delay);
        expect(sockets).toHaveLength(3);
        expect(last().query).toBe('?batch=1');
        last().say(snapshot(9));
        last().note(10);
        expect(states.at(-1)!.seq).toBe(10);
        last().note(12);
        expect(last().query).toBe('?batch=1&after=10&instance=a');
    });

    it('waits longer and longer with a server that always leaves gaps', () => {
        connect();
        for (let turn = 0; turn < 20; turn += 1) {
            last().say(snapshot(5));
            last().note(8);
            vi.advanceTimersByTime(longest_delay);
        }
        const before = sockets.length;
        last().say(snapshot(5));
        last().note(8);
        vi.advanceTimersByTime(longest_delay - 1);
        expect(sockets).toHaveLength(before);
    });

    it('asks for a snapshot after a message that it cannot read', () => {
        connect();
        last().say(snapshot(5));
        last().say('{"type": "phase", ');
        vi.advanceTimersByTime(2 * first_delay);
        expect(sockets).toHaveLength(2);
        expect(last().query).toBe('?batch=1');
    });

    it('takes the snapshot of another instance', () => {
        connect();
        last().say(snapshot(500));
        last().fail();
        vi.advanceTimersByTime(first_delay);
        last().say({ ...snapshot(2), instance: 'b' });
        expect(links.at(-1)).toEqual({ kind: 'live' });
        expect(states.at(-1)).toMatchObject({ instance: 'b', seq: 2 });
    });

    it('backs off to a bound, says lost in the end, and still tries', () => {
        connect();
        last().say(snapshot(5));
        const delays: number[] = [];
        for (let failure = 1; failure <= 12; failure += 1) {
            last().fail();
            const link = links.at(-1)!;
            expect(link.kind).toBe(failure < failures_until_lost ? 'reconnecting' : 'lost');
            delays.push((link as { retry_at: number }).retry_at - Date.now());
            vi.advanceTimersByTime(delays.at(-1)!);
            expect(sockets).toHaveLength(failure + 1);
        }
        expect(delays.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
        expect(delays.at(-1)).toBe(longest_delay);
        last().say({ type: 'resumed', instance: 'a', seq: 5 });
        last().fail();
        expect((links.at(-1) as { retry_at: number }).retry_at - Date.now()).toBe(first_delay);
    });

    it('gives up on a socket that never opens', () => {
        connect();
        vi.advanceTimersByTime(open_limit);
        expect(last().closed).toBe(true);
        expect(links.at(-1)).toMatchObject({ kind: 'lost' });
        vi.advanceTimersByTime(first_delay);
        expect(sockets).toHaveLength(2);
    });

    it('tries at once when asked to, and only without a connection', () => {
        const connection = connect();
        last().say(snapshot(5));
        connection.retry_now();
        expect(sockets).toHaveLength(1);
        last().fail();
        connection.retry_now();
        expect(sockets).toHaveLength(2);
        vi.advanceTimersByTime(first_delay);
        expect(sockets).toHaveLength(2);
    });

    it('leaves a silent connection when the server does not answer otherwise', async () => {
        connect();
        last().say(snapshot(5));
        await vi.advanceTimersByTimeAsync(silence_limit);
        expect(links.at(-1)).toEqual({ kind: 'live' });
        answers = false;
        await vi.advanceTimersByTimeAsync(silence_limit);
        expect(last().closed).toBe(true);
        expect(links.at(-1)).toMatchObject({ kind: 'reconnecting' });
    });

    it('does not take a connection for silent that speaks', async () => {
        connect();
        answers = false;
        last().say(snapshot(5));
        for (let seq = 6; seq < 10; seq += 1) {
            await vi.advanceTimersByTimeAsync(silence_limit - 1);
            last().note(seq);
        }
        expect(sockets).toHaveLength(1);
    });

    it('takes several events in one message, and tells of each', () => {
        const told: number[] = [];
        connect({ on_message: (message) => told.push(message.seq) });
        last().say(snapshot(5));
        const notice = (seq: number) => event(seq, 'notice', { level: 'info', text: '' }) as object;
        last().say({ type: 'events', events: [notice(6), notice(7), notice(8)] });
        expect(states.at(-1)!.seq).toBe(8);
        expect(told).toEqual([5, 6, 7, 8]);
        // What it has already is told only once.
        last().say({ type: 'events', events: [notice(8), notice(9)] });
        expect(told).toEqual([5, 6, 7, 8, 9]);
    });

    it('finds a gap within several events', () => {
        connect();
        last().say(snapshot(5));
        const notice = (seq: number) => event(seq, 'notice', { level: 'info', text: '' }) as object;
        last().say({ type: 'events', events: [notice(6), notice(8)] });
        expect(states.at(-1)!.seq).toBe(6);
        expect(sockets).toHaveLength(2);
        expect(last().query).toBe('?batch=1&after=6&instance=a');
    });

    it('does not come back by itself when the session has ended', () => {
        connect();
        last().say(snapshot(5));
        last().onclose!({ code: session_ended });
        expect(links.at(-1)).toEqual({ kind: 'signed_out' });
        vi.advanceTimersByTime(10 * longest_delay);
        expect(sockets).toHaveLength(1);
    });

    it('says that a session has ended where a stream does not open for that', async () => {
        signed_out = true;
        connect();
        last().fail();
        await vi.advanceTimersByTimeAsync(0);
        expect(links.at(-1)).toEqual({ kind: 'signed_out' });
        await vi.advanceTimersByTimeAsync(10 * longest_delay);
        expect(sockets).toHaveLength(1);
    });

    it('asks for events where no stream passes, until one does', async () => {
        const asked: (number | null)[] = [];
        const polled = [[snapshot(5)], [event(6, 'notice', { level: 'info', text: '' })], []];
        connect({
            poll: (state) => {
                asked.push(state?.seq ?? null);
                return Promise.resolve(polled[asked.length - 1] ?? []);
            },
        });
        last().fail();
        await vi.advanceTimersByTimeAsync(first_delay);
        expect(asked).toEqual([]);
        last().fail();
        await vi.advanceTimersByTimeAsync(0);
        expect(links.at(-1)).toMatchObject({ kind: 'polling' });
        expect(states.map((state) => state.seq)).toEqual([5]);
        await vi.advanceTimersByTimeAsync(poll_interval);
        expect(asked).toEqual([null, 5]);
        expect(states.at(-1)!.seq).toBe(6);
        last().say({ type: 'resumed', instance: 'a', seq: 6 });
        expect(links.at(-1)).toEqual({ kind: 'live' });
        const times = asked.length;
        await vi.advanceTimersByTimeAsync(5 * poll_interval);
        expect(asked).toHaveLength(times);
    });

    it('does not ask a server for events that does not answer', async () => {
        answers = false;
        let asked = 0;
        connect({
            poll: () => {
                asked += 1;
                return Promise.resolve([]);
            },
        });
        for (let failure = 0; failure < 4; failure += 1) {
            last().fail();
            await vi.advanceTimersByTimeAsync(longest_delay);
        }
        expect(asked).toBe(0);
        expect(links.some((link) => link.kind === 'polling')).toBe(false);
    });

    it('ends with stop', () => {
        const connection = connect();
        last().say(snapshot(5));
        connection.stop();
        expect(last().closed).toBe(true);
        vi.advanceTimersByTime(10 * longest_delay);
        expect(sockets).toHaveLength(1);
    });
});
