import { describe, expect, it } from 'vitest';
import { make_state, type Kept } from '../src/models/past_state';
import { round } from './samples';

const kept = (fields: Partial<Kept> = {}): Kept => ({
    run: {
        run: 'aa', plan: 'p', plan_digest: '00', seed: 18446744073709551615n, started: 100, ended: 160, outcome: 'failed',
        detail: 'no worker is left', weights_sha256: null, rounds: 2, best_test_accuracy: null, last_test_accuracy: null,
        last_test_loss: null, plan_json: { rounds: 9, clients: 3, target_accuracy: 0.9 },
    },
    report: { parameters: 5, checkpoint_round: 1, seconds_total: 40, changes: [], data: null, rounds: [round(1), round(2)] },
    evaluation: null,
    clients: [
        { client: 2, worker: 'ward', samples: 10, loss: 1, accuracy: 0.5, seconds: 3, reason: null },
        { client: 0, worker: 'ward', samples: 30, loss: 2, accuracy: 0.9, seconds: 4, reason: null },
        { client: 1, worker: '', reason: 'lost' },
    ],
    tests: [],
    ...fields,
});

describe('a run of the past as a state', () => {
    it('says how it ended, in its own numbers', () => {
        const { status, ending, training, training_since, training_until } = make_state(kept());
        expect(ending).toEqual({ outcome: 'failed', detail: 'no worker is left', round: 2 });
        expect(status).toMatchObject({ phase: 'failed', round: 2, last_round: 9, target_accuracy: 0.9, seed: 18446744073709551615n });
        expect([training, training_since, training_until]).toEqual([false, 120, 160]);
    });

    it('goes by the last change of its plan', () => {
        const change = { round: 2, last_round: 4, target_accuracy: null, deadline: 7, fraction: 0.5, clients_per_round: 2 };
        const state = make_state(kept({ report: { ...kept().report, changes: [change] } }));
        expect(state.status).toMatchObject({ last_round: 4, deadline: 7, fraction: 0.5 });
        expect(state.log).toMatchObject([{ type: 'plan_changed', round: 2 }]);
    });

    it('has its clients by number, with the workers that had them', () => {
        const { clients, workers } = make_state(kept(), ['ward', 'other']);
        expect(workers.map(({ name }) => name)).toEqual(['ward', 'other']);
        expect(workers[0]).toMatchObject({ worker: 1, samples: 40, loss: 1.75, seconds: 4 });
        expect(clients.map(({ client, worker, reason }) => [client, worker, reason])).toEqual([
            [0, 1, ''],
            [1, null, 'lost'],
            [2, 1, ''],
        ]);
    });

    it('knows a regression, and a run that was cut off', () => {
        const plan_json = { model: { loss: 'mean_squared_error' }, data: { source: { type: 'csv' } } };
        const { status, ending } = make_state(kept({ run: { ...kept().run, plan_json, outcome: null, ended: null, detail: null } }));
        expect(status.task).toBe('regression');
        expect(ending).toMatchObject({ outcome: 'stopped', detail: 'it was cut off' });
    });
});
