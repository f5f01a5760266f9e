import { describe, expect, it } from 'vitest';
import { receive, round_limit } from '../src/model';
import { client, event, play, round, snapshot, start, status, worker } from './samples';

describe('sequence', () => {
    it('takes a snapshot as it is', () => {
        const state = start(812, {
            rounds: [round(2), round(1)],
            clients: [client(0)],
            workers: [worker(1)],
        });
        expect(state.seq).toBe(812);
        expect(state.instance).toBe('a');
        expect(state.rounds.map((one) => one.round)).toEqual([1, 2]);
        expect(state.clients).toEqual([client(0)]);
        expect(state.workers).toEqual([worker(1)]);
    });

    it('asks for a connection anew when an event comes before any snapshot', () => {
        expect(receive(null, event(1, 'notice', { level: 'info', text: '' }))).toEqual({
            state: null,
            verdict: 'gap',
        });
        expect(receive(null, { type: 'resumed', instance: 'a', seq: 3 }).verdict).toBe('gap');
    });

    it('applies the successor and counts it', () => {
        const state = play(start(10), ['phase', { phase: 'training', round: 3 }]);
        expect(state.seq).toBe(11);
        expect(state.status.phase).toBe('training');
        expect(state.status.round).toBe(3);
    });

    it('finds a gap and keeps the state as it was', () => {
        const state = start(10);
        const received = receive(state, event(12, 'phase', { phase: 'training', round: 1 }));
        expect(received.verdict).toBe('gap');
        expect(received.state).toBe(state);
    });

    it('goes on when the missing event comes after all', () => {
        const state = start(10);
        const late = event(12, 'phase', { phase: 'evaluating', round: 1 });
        expect(receive(state, late).verdict).toBe('gap');
        const filled = play(state, ['phase', { phase: 'aggregating', round: 1 }]);
        expect(receive(filled, late).state!.status.phase).toBe('evaluating');
    });

    it('drops duplicates, the last one and older ones', () => {
        const state = play(start(10), ['round_finished', { result: round(1) }]);
        for (const seq of [11, 10, 1]) {
            const received = receive(state, event(seq, 'phase', { phase: 'failed', round: 9 }));
            expect(received.verdict).toBe('duplicate');
            expect(received.state).toBe(state);
        }
    });

    it('lets a snapshot in mid-stream replace everything, even by a lower number', () => {
        const before = play(
            start(10, { workers: [worker(1)], rounds: [round(1)] }),
            ['round_started', { round: 2, cohort: [0] }],
            ['training_started', { round: 2, last_round: 5, target_accuracy: null }],
        );
        expect(before.open_round).not.toBeNull();
        const { state, verdict } = receive(before, { ...snapshot(3), instance: 'b' });
        expect(verdict).toBe('applied');
        expect(state).toEqual({ ...start(3), instance: 'b' });
        expect(receive(state, event(4, 'notice', { level: 'info', text: '' })).verdict).toBe('applied');
    });

    it('continues after resumed', () => {
        const state = start(10);
        const received = receive(state, { type: 'resumed', instance: 'a', seq: 10 });
        expect(received).toEqual({ state, verdict: 'applied' });
        expect(play(received.state!, ['phase', { phase: 'paused', round: 1 }]).seq).toBe(11);
    });

    it('drops what it knows when resumed from an older number', () => {
        const state = start(10);
        expect(receive(state, { type: 'resumed', instance: 'a', seq: 8 }).verdict).toBe('applied');
        expect(receive(state, event(9, 'phase', { phase: 'failed', round: 0 })).verdict).toBe('duplicate');
    });

    it('does not continue from a later number or in another instance', () => {
        const state = start(10);
        expect(receive(state, { type: 'resumed', instance: 'a', seq: 11 }).verdict).toBe('gap');
        expect(receive(state, { type: 'resumed', instance: 'b', seq: 10 }).verdict).toBe('gap');
    });

    it('ignores an unknown type of event, and counts it', () => {
        const before = start(10);
        const after = play(before, ['from_the_future', { worker: 'x', status: 3 }]);
        expect(after).toEqual({ ...before, seq: 11 });
        expect(play(after, ['phase', { phase: 'training', round: 1 }]).seq).toBe(12);
    });

    it.each([
        null,
        7,
        'text',
        [],
        {},
        { type: 'phase' },
        { seq: 11 },
        { type: 'phase', seq: '11' },
        { type: 'phase', seq: 1.5 },
    ])('refuses %j', (message) => {
        expect(() => receive(start(10), message)).toThrow(TypeError);
    });

    it('refuses a snapshot that lacks a list', () => {
        const { rounds: _, ...rest } = snapshot(1);
        expect(() => receive(null, rest)).toThrow(/rounds/);
    });
});

describe('opening', () => {
    it('learns what the run is there for', () => {
        const before = start(10, { workers: [worker(1)] });
        const opened = { run: '5c0f', plan: 'other', seed: 9, task: 'regression', last_round: 3, models: ['best'] };
        const state = play(before, ['run_opened', opened], ['model_built', { parameters: 42 }]);
        expect(state.status).toEqual({ ...before.status, ...opened, parameters: 42 });
        expect(state.workers).toBe(before.workers);
    });

    it('forgets all of the run before but its workers, when another is started in its place', () => {
        const before = start(10, {
            status: { ...status, round: 7, phase: 'finished', stopping: true, checkpoint_round: 5 },
            workers: [worker(1, { clients: [0], samples: 9, loss: 1 }), worker(2, { state: 'gone' })],
            clients: [client(0, { worker: 1 })],
            rounds: [round(7)],
            evaluation: { round: 7, samples: 1, classes: ['a'], confusion: [[1]], wrong: [] },
        });
        const understood = play(before, ['data_understood', { data: { inputs: 5 } }]);
        expect(understood.data).toEqual({ inputs: 5 });
        const state = play(understood, ['run_opened', { run: 'ffff', plan: 'next', last_round: 3 }]);
        expect(state).toMatchObject({ rounds: [], clients: [], evaluation: null, data: null, open_round: null });
        expect(state.status).toMatchObject({ run: 'ffff', plan: 'next', phase: 'waiting', round: 0 });
        expect(state.status).toMatchObject({ workers: 1, clients: 0, stopping: false, checkpoint_round: 0 });
        expect(state.workers[0]).toMatchObject({ state: 'joined', clients: [], samples: 0, loss: null });
        expect(state.workers[1]!.state).toBe('gone');
    });

    it('goes on with the rounds of an earlier process', () => {
        const resumed = { run: 'abcd', round: 2, rounds: [round(1), round(2)], clients_per_round: 5 };
        const state = play(start(10), ['run_resumed', resumed]);
        expect(state.status).toMatchObject({ run: 'abcd', round: 2, clients_per_round: 5 });
        expect(state.rounds).toHaveLength(2);
    });
});

describe('rounds', () => {
    it('follows the open round', () => {
        const state = play(
            start(10, { workers: [worker(1)], clients: [client(0), client(1), client(2)] }),
            ['round_started', { round: 7, cohort: [0, 2], clients_per_round: 3 }],
            [
                'client_updated',
                { round: 7, worker: 1, client: 0, samples: 1, loss: 1, accuracy: 1, seconds: 1 },
            ],
            ['client_dropped', { round: 7, client: 2, worker: 1, reason: 'lost', detail: '' }],
        );
        expect(state.status).toMatchObject({ round: 7, clients_per_round: 3 });
        expect(state.open_round).toEqual({ round: 7, cohort: [0, 2], updated: [0], dropped: [2] });
        expect(state.clients[2]).toMatchObject({ round: 7, reason: 'lost' });
        expect(play(state, ['round_finished', { result: round(7) }]).open_round).toBeNull();
    });

    it('does not count an answer to another round', () => {
        const state = play(
            start(10, { clients: [client(0)] }),
            ['round_started', { round: 7, cohort: [0] }],
            ['client_dropped', { round: 6, client: 0, worker: 1, reason: 'lost', detail: '' }],
        );
        expect(state.open_round!.dropped).toEqual([]);
    });

    it('keeps rounds in order and the newer result of a repeated one', () => {
        const state = play(
            start(10, { rounds: [round(1), round(2), round(3)] }),
            ['round_finished', { result: round(4) }],
            ['round_finished', { result: round(2, { test_accuracy: 0.99 }) }],
        );
        expect(state.rounds.map((one) => one.round)).toEqual([1, 2, 3, 4]);
        expect(state.rounds[1]!.test_accuracy).toBe(0.99);
    });

    it('keeps the newest rounds up to the limit', () => {
        const many = Array.from({ length: round_limit }, (_, place) => round(place + 1));
        const state = play(start(10, { rounds: many }), [
            'round_finished',
            { result: round(round_limit + 1) },
        ]);
        expect(state.rounds).toHaveLength(round_limit);
        expect(state.rounds[0]!.round).toBe(2);
        expect(state.rounds.at(-1)!.round).toBe(round_limit + 1);
    });

    it('does not touch the lists that an event says nothing of', () => {
        const before = start(10, { rounds: [round(1)], workers: [worker(1)], clients: [client(0)] });
        const after = play(before, ['phase', { phase: 'training', round: 2 }]);
        expect(after.rounds).toBe(before.rounds);
        expect(after.workers).toBe(before.workers);
        expect(after.clients).toBe(before.clients);
    });
});

describe('what rounds tell besides', () => {
    it('keeps the latest evaluation, also that of a snapshot', () => {
        const result = { round: 3, samples: 4, classes: ['a', 'b'], confusion: null, wrong: [] };
        expect(start(10, { evaluation: result }).evaluation).toEqual(result);
        const state = play(start(10), ['model_evaluated', { ...result, round: 4 }]);
        expect(state.evaluation).toEqual({ ...result, round: 4 });
    });

    it('takes a changed plan over', () => {
        const change = {
            round: 2,
            last_round: 9,
            target_accuracy: 0.5,
            deadline: 3,
            fraction: 0.5,
            clients_per_round: 3,
        };
        const state = play(start(10), ['plan_changed', change]);
        const { round: _round, ...changed } = change;
        expect(state.status).toMatchObject(changed);
        expect(state.log).toHaveLength(1);
    });

    it('knows what survives a crash', () => {
        expect(play(start(10), ['checkpoint', { round: 5 }]).status.checkpoint_round).toBe(5);
    });

    it('lists saved models', () => {
        const state = play(start(10), [
            'model_saved',
            { name: 'best', path: '', round: 1, models: ['best', 'first'] },
        ]);
        expect(state.status.models).toEqual(['best', 'first']);
    });
});
