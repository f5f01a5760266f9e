import { describe, expect, it } from 'vitest';
import { gone_limit } from '../src/models/roster';
import { client, play, start, worker } from './samples';

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
});
