import { describe, expect, it } from 'vitest';
import { gone_limit, log_limit, receive, round_limit, type State } from '../src/model';
import { client, event, round, snapshot, status, worker } from './samples';

function start(seq = 10, fields = {}): State {
    const { state, verdict } = receive(null, snapshot(seq, fields));
    expect(verdict).toBe('applied');
    return state!;
}

/** Applies events one after the other, numbered from the state on. */
function play(state: State, ...events: [string, object][]): State {
    for (const [type, fields] of events) {
        const received = receive(state, event(state.seq + 1, type, fields));
        expect(received.verdict).toBe('applied');
        state = received.state!;
    }
    return state;
}

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

describe('phases', () => {
    it('knows since when the phase and the training last', () => {
        const log = [
            event(1, 'training_started', { round: 1, last_round: 5, target_accuracy: null }),
            event(2, 'training_finished', { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' }),
            event(3, 'training_started', { round: 2, last_round: 5, target_accuracy: null }),
            event(4, 'phase', { phase: 'training', round: 2 }),
        ];
        const running = start(4, { log });
        expect(running.training_since).toBe(1003);
        expect(running.training_until).toBeNull();
        expect(running.phase_since).toBe(1004);
        const done = play(running, [
            'training_finished',
            { outcome: 'rounds_done', detail: '', round: 5, weights_sha256: '' },
        ]);
        expect(done.training_until).toBe(1005);
        expect(start(2, { log: log.slice(0, 2) }).training_until).toBe(1002);
    });

    it('takes the goal of a training over and clears what was asked of the one before', () => {
        const state = play(start(10, { status: { ...status, pausing: true, stopping: true } }), [
            'training_started',
            { round: 4, last_round: 9, target_accuracy: 0.9 },
        ]);
        expect(state.status).toMatchObject({
            last_round: 9,
            target_accuracy: 0.9,
            pausing: false,
            stopping: false,
        });
    });

    it('shows pausing until it is paused', () => {
        const asked = play(
            start(10),
            ['phase', { phase: 'training', round: 1 }],
            ['pause_requested', { pausing: true }],
            ['phase', { phase: 'evaluating', round: 1 }],
        );
        expect(asked.status.pausing).toBe(true);
        expect(play(asked, ['phase', { phase: 'paused', round: 1 }]).status.pausing).toBe(false);
        expect(play(asked, ['pause_requested', { pausing: false }]).status.pausing).toBe(false);
        expect(play(asked, ['phase', { phase: 'finished', round: 1 }]).status.pausing).toBe(false);
        expect(play(asked, ['phase', { phase: 'waiting', round: 1 }]).status.pausing).toBe(true);
    });

    it('trains from the start to the end, and also while it waits for workers', () => {
        const training = { round: 1, last_round: 5, target_accuracy: null };
        const end = { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' };
        const idle = start(10);
        expect(idle.training).toBe(false);
        const running = play(idle, ['training_started', training], ['phase', { phase: 'waiting', round: 0 }]);
        expect(running.training).toBe(true);
        expect(play(running, ['phase', { phase: 'paused', round: 1 }]).training).toBe(true);
        const done = play(running, ['training_finished', end]);
        expect(done.training).toBe(false);
        expect(play(done, ['phase', { phase: 'waiting', round: 1 }]).training).toBe(false);
        expect(play(running, ['phase', { phase: 'failed', round: 1 }]).training).toBe(false);
    });

    it('tells from a snapshot whether a training goes on, where that can be told', () => {
        const in_phase = (phase: typeof status.phase) => ({ ...status, phase });
        const log = [
            event(1, 'training_started', { round: 1, last_round: 5, target_accuracy: null }),
            event(2, 'training_finished', { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' }),
        ];
        expect(start(9, { status: in_phase('evaluating') }).training).toBe(true);
        expect(start(9, { status: in_phase('finished'), log: log.slice(0, 1) }).training).toBe(false);
        expect(start(9, { log: log.slice(0, 1) }).training).toBe(true);
        expect(start(9, { log }).training).toBe(false);
        expect(start(9, { rounds: [round(1)] }).training).toBeNull();
    });

    it('shows stopping from the accepted command to the end', () => {
        const stop = { command: 'stop', accepted: true, reason: 'stopping' };
        const running = play(start(10), ['phase', { phase: 'training', round: 1 }]);
        expect(play(running, ['command', { ...stop, accepted: false }]).status.stopping).toBe(false);
        expect(play(running, ['command', { ...stop, command: 'pause' }]).status.stopping).toBe(false);
        const stopping = play(running, ['command', stop]);
        expect(stopping.status.stopping).toBe(true);
        expect(play(stopping, ['phase', { phase: 'finished', round: 1 }]).status.stopping).toBe(false);
    });

    it('does not show stopping when the end was faster than the answer', () => {
        const state = play(
            start(10),
            ['phase', { phase: 'finished', round: 1 }],
            ['command', { command: 'stop', accepted: true, reason: '' }],
        );
        expect(state.status.stopping).toBe(false);
    });
});

describe('workers and clients', () => {
    it('adds a worker, and replaces one of the same number', () => {
        const state = play(
            start(10),
            ['worker_joined', { worker: worker(1) }],
            ['worker_joined', { worker: worker(2) }],
            ['worker_joined', { worker: worker(1, { name: 'again' }) }],
        );
        expect(state.workers.map((one) => one.name).sort()).toEqual(['again', 'worker-2']);
        expect(state.status.workers).toBe(2);
    });

    it('keeps a worker that left, with the reason, and frees its clients', () => {
        const state = play(
            start(10, {
                workers: [worker(1, { clients: [0] }), worker(2, { clients: [1] })],
                clients: [client(0, { worker: 1 }), client(1, { worker: 2 })],
            }),
            ['worker_left', { worker: 1, name: 'worker-1', reason: 'no heartbeat' }],
        );
        expect(state.workers[0]).toMatchObject({ state: 'gone', reason: 'no heartbeat', clients: [] });
        expect(state.workers[1]).toMatchObject({ state: 'ready', clients: [1] });
        expect(state.clients.map((one) => one.worker)).toEqual([null, 2]);
        expect(state.status).toMatchObject({ workers: 1, clients: 1 });
    });

    it('forgets those who have been gone for longest', () => {
        let state = start(10, { workers: [worker(0)] });
        for (let id = 1; id <= gone_limit + 3; id += 1) {
            const left = { worker: id, name: '', reason: '' };
            state = play(state, ['worker_joined', { worker: worker(id) }], ['worker_left', left]);
        }
        expect(state.workers).toHaveLength(gone_limit + 1);
        expect(state.workers[0]!.worker).toBe(0);
        expect(state.workers[1]!.worker).toBe(4);
    });

    it('moves clients to the worker that they are assigned to', () => {
        const state = play(
            start(10, {
                workers: [worker(1, { clients: [0, 1] }), worker(2, { clients: [2] })],
                clients: [client(0, { worker: 1 }), client(1, { worker: 1 }), client(2, { worker: 2 })],
            }),
            [
                'worker_assigned',
                {
                    worker: 2,
                    clients: [
                        { client: 1, samples: 70, labels: [30, 40] },
                        { client: 3, samples: 30 },
                    ],
                    samples: 100,
                },
            ],
        );
        expect(state.workers.map((one) => one.clients)).toEqual([[0], [1, 3]]);
        expect(state.workers[1]!.samples).toBe(100);
        expect(state.clients.map((one) => one.worker)).toEqual([1, 2, null, 2]);
        expect(state.clients.map((one) => one.samples)).toEqual([100, 70, 100, 30]);
        expect(state.clients.map((one) => one.labels)).toEqual([null, [30, 40], null, null]);
        expect(state.status.clients).toBe(3);
    });

    it('takes state and statistics of one worker only', () => {
        const stats = {
            cpu_percent: 50,
            memory_bytes: 7,
            round_trip_ms: 2,
            bytes_sent: 3,
            bytes_received: 4,
            queued_bytes: 5,
        };
        const before = start(10, { workers: [worker(1), worker(2)] });
        const state = play(
            before,
            ['worker_state', { worker: 2, state: 'training' }],
            ['worker_stats', { worker: 2, ...stats }],
        );
        expect(state.workers[0]).toBe(before.workers[0]);
        expect(state.workers[1]).toEqual({ ...worker(2), ...stats, state: 'training' });
    });

    it('weighs the clients of a worker by their samples, within the round', () => {
        const update = { round: 4, worker: 1, seconds: 1 };
        const state = play(
            start(10, {
                workers: [worker(1)],
                clients: [0, 1, 2].map((id) => client(id, { worker: 1, round: 3, loss: 9, accuracy: 0 })),
            }),
            ['client_updated', { ...update, client: 0, samples: 300, loss: 0.2, accuracy: 0.9 }],
            ['client_updated', { ...update, client: 1, samples: 100, loss: 0.6, accuracy: 0.5 }],
        );
        expect(state.workers[0]!.loss).toBeCloseTo(0.3, 12);
        expect(state.workers[0]!.accuracy).toBeCloseTo(0.8, 12);
        expect(state.clients[1]).toMatchObject({ round: 4, loss: 0.6, accuracy: 0.5, seconds: 1 });
        expect(state.clients[2]).toMatchObject({ round: 3, loss: 9 });
    });

    it('has no accuracy in a regression', () => {
        const state = play(start(10, { workers: [worker(1)], clients: [client(0, { worker: 1 })] }), [
            'client_updated',
            { round: 1, worker: 1, client: 0, samples: 10, loss: 2, accuracy: null, seconds: 1 },
        ]);
        expect(state.workers[0]).toMatchObject({ loss: 2, accuracy: null });
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
    it('compares the clients that took part, and leaves the others as they were', () => {
        const before = start(10, { clients: [client(0, { distance: 1, cosine: 1 }), client(1)] });
        const state = play(before, [
            'updates_compared',
            { round: 1, step: 0.5, clients: [{ client: 1, distance: 2, cosine: -0.1 }] },
        ]);
        expect(state.clients[0]).toBe(before.clients[0]);
        expect(state.clients[1]).toMatchObject({ distance: 2, cosine: -0.1 });
    });

    it('keeps what each client found in its test', () => {
        const before = start(10, { clients: [client(0), client(1), client(2)] });
        const found = { samples: 9, loss: 0.5, accuracy: 0.75, r2: null, rmse: null, mae: null, auc: 0.9 };
        const nothing = { samples: 0, loss: null, accuracy: null, r2: null, rmse: null, mae: null, auc: null };
        const state = play(before, [
            'clients_evaluated',
            {
                round: 3,
                clients: [
                    { client: 1, ...found, recall: [1, null], reason: '' },
                    { client: 2, ...nothing, recall: null, reason: 'invalid' },
                ],
            },
        ]);
        expect(state.clients[0]).toBe(before.clients[0]);
        expect(state.clients[1]).toMatchObject({ test_round: 3, test_samples: 9, test_auc: 0.9, test_recall: [1, null] });
        expect(state.clients[2]).toMatchObject({ test_round: 3, test_loss: null, test_reason: 'invalid' });
    });

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
});

describe('models and log', () => {
    it('lists saved models', () => {
        const state = play(start(10), [
            'model_saved',
            { name: 'best', path: '', round: 1, models: ['best', 'first'] },
        ]);
        expect(state.status.models).toEqual(['best', 'first']);
    });

    it('keeps what is worth reading, and no more than the limit', () => {
        const quiet = play(
            start(10),
            ['worker_stats', { worker: 1 }],
            ['round_started', { round: 1, cohort: [] }],
        );
        expect(quiet.log).toEqual([]);
        let state = quiet;
        for (let number = 0; number <= log_limit; number += 1) {
            state = play(state, ['notice', { level: 'info', text: String(number) }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log[0]).toMatchObject({ text: '1' });
        expect(state.log.at(-1)).toMatchObject({ text: String(log_limit) });
    });

    it('keeps what happens once while rounds rush by', () => {
        let state = play(start(10), ['notice', { level: 'info', text: 'once' }]);
        for (let number = 0; number < 3 * log_limit; number += 1) {
            state = play(state, ['phase', { phase: 'training', round: number }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log[0]).toMatchObject({ text: 'once' });
        for (let number = 0; number < log_limit; number += 1) {
            state = play(state, ['notice', { level: 'info', text: String(number) }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log.filter((entry) => entry.type === 'phase')).toHaveLength(log_limit / 2);
        expect(state.log.at(-1)).toMatchObject({ text: String(log_limit - 1) });
    });
});
