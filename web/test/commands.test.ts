import { afterEach, describe, expect, it, vi } from 'vitest';
import { change_command, read_answer, send, train_command } from '../src/commands';

describe('train_command', () => {
    it('leaves out what is left empty', () => {
        expect(train_command('', ' ')).toEqual({ command: 'train' });
    });

    it('turns percent into a share without dust', () => {
        expect(train_command('5', '86')).toEqual({ command: 'train', rounds: 5, target_accuracy: 0.86 });
        expect(train_command('', '0.29')).toEqual({ command: 'train', target_accuracy: 0.0029 });
    });

    it('leaves the bounds to the master', () => {
        expect(train_command('0', '400')).toEqual({ command: 'train', rounds: 0, target_accuracy: 4 });
    });

    it('says what is not a number', () => {
        expect(train_command('1.5', '')).toMatch(/whole number/);
        expect(train_command('many', '')).toMatch(/whole number/);
        expect(train_command('1', 'high')).toMatch(/percent/);
    });
});

describe('change_command', () => {
    const present = { last_round: 20, target_accuracy: 0.9, deadline: 600, fraction: 1 };
    const typed = { rounds: '20', target_percent: '90', deadline: '600', fraction: '1' };

    it('says only what is different', () => {
        expect(change_command({ ...typed, rounds: '30' }, present)).toEqual({ command: 'change', rounds: 30 });
        expect(change_command({ ...typed, deadline: '2.5', fraction: '0.1' }, present)).toEqual({
            command: 'change',
            deadline: 2.5,
            fraction: 0.1,
        });
        expect(change_command(typed, present)).toMatch(/different/);
    });

    it('takes the target away when its field is emptied', () => {
        expect(change_command({ ...typed, target_percent: ' ' }, present)).toEqual({
            command: 'change',
            target_accuracy: null,
        });
    });

    it('says what is not a number', () => {
        expect(change_command({ ...typed, rounds: '' }, present)).toMatch(/whole number/);
        expect(change_command({ ...typed, rounds: '1.5' }, present)).toMatch(/whole number/);
        expect(change_command({ ...typed, target_percent: 'x' }, present)).toMatch(/percent/);
        expect(change_command({ ...typed, deadline: '' }, present)).toMatch(/seconds/);
        expect(change_command({ ...typed, fraction: 'half' }, present)).toMatch(/fraction/);
    });
});

describe('read_answer', () => {
    it('reads the three kinds', () => {
        expect(read_answer('stop', 200, { accepted: true, message: 'stopping' })).toEqual({
            outcome: 'accepted',
            text: 'stopping',
        });
        expect(read_answer('stop', 409, { accepted: false, reason: 'nothing is running' })).toEqual({
            outcome: 'refused',
            text: 'stop refused: nothing is running',
        });
        expect(read_answer('stop', 400, { error: 'too long' }).text).toBe('stop refused: too long');
    });

    it('believes neither a lone status nor a lone word', () => {
        expect(read_answer('stop', 200, {}).outcome).toBe('failed');
        expect(read_answer('stop', 500, { accepted: true }).outcome).toBe('failed');
        expect(read_answer('stop', 502, null).text).toContain('502');
    });
});

describe('send', () => {
    afterEach(() => {
        vi.unstubAllGlobals();
    });

    it('posts JSON to the master', async () => {
        const fetch = vi.fn(async () => Response.json({ accepted: true, message: 'ok' }));
        vi.stubGlobal('fetch', fetch);
        expect(await send({ command: 'save', name: 'best' })).toEqual({ outcome: 'accepted', text: 'ok' });
        const [url, request] = fetch.mock.calls[0] as unknown as [string, RequestInit];
        expect(url).toBe('api/v1/commands');
        expect(request).toMatchObject({ method: 'POST', headers: { 'Content-Type': 'application/json' } });
        expect(request.body).toBe('{"command":"save","name":"best"}');
    });

    it('reports a master that cannot be reached', async () => {
        vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
        expect(await send({ command: 'stop', now: false })).toMatchObject({ outcome: 'failed' });
    });

    it('reports an answer that is not JSON', async () => {
        vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 502 })));
        expect(await send({ command: 'stop', now: false })).toMatchObject({ outcome: 'failed' });
    });
});
