import { describe, expect, it } from 'vitest';
import { gone_limit, Journal, share_limit, type KeptLanes } from '../src/models/journal';
import { event, round, worker } from './samples';

/** Plays [seconds, type, fields], numbered from 1. */
function play(journal: Journal, ...events: [number, string, object][]): Journal {
    for (const [time, type, fields] of events) {
        journal.apply({ ...(event(journal.seq + 1, type, fields) as object), time } as never);
    }
    return journal;
}

describe('journal', () => {
    it('follows workers', () => {
        const journal = play(
            new Journal(),
            [1, 'worker_joined', { worker: worker(1, { state: 'joined' }) }],
            [2, 'worker_state', { worker: 1, state: 'loading' }],
            [3, 'worker_state', { worker: 1, state: 'ready' }],
            [5, 'worker_left', { worker: 1, name: 'worker-1', reason: '' }],
        );
        expect(journal.lanes.get(1)!.what).toEqual(['waiting', 'loading', 'waiting', 'gone']);
        expect(journal.lanes.get(1)!.times).toEqual([1, 2, 3, 5]);
    });

    it('takes no event twice', () => {
        const journal = play(new Journal(), [1, 'worker_state', { worker: 1, state: 'training' }]);
        journal.apply({ ...(event(1, 'worker_state', { worker: 1, state: 'gone' }) as object) } as never);
        expect(journal.lanes.get(1)!.what).toEqual(['training']);
    });

    it('puts together what is said of a client in a round', () => {
        const journal = play(
            new Journal(),
            [1, 'client_updated', { round: 1, client: 4, worker: 1, samples: 30, loss: 0.5, accuracy: 0.9, seconds: 2 }],
            [2, 'updates_compared', { round: 1, step: 3, clients: [{ client: 4, distance: 1, cosine: 0.5 }] }],
            [3, 'client_dropped', { round: 2, client: 4, worker: 1, reason: 'lost', detail: 'reset' }],
        );
        expect(journal.clients.get(4)).toEqual([
            { round: 1, samples: 30, loss: 0.5, accuracy: 0.9, seconds: 2, distance: 1, cosine: 0.5, reason: '', detail: '' },
            {
                round: 2,
                samples: null,
                loss: null,
                accuracy: null,
                seconds: null,
                distance: null,
                cosine: null,
                reason: 'lost',
                detail: 'reset',
            },
        ]);
        expect(journal.steps.get(1)).toBe(3);
    });

    it('shares out the time of a round, and what each worker took of it', () => {
        const events: [number, string, object][] = [[0, 'round_started', { round: 1, cohort: [] }]];
        for (const id of [1, 2, 3]) {
            events.unshift([0, 'worker_joined', { worker: worker(id) }]);
            events.push([0, 'worker_state', { worker: id, state: 'receiving' }]);
        }
        for (const id of [1, 2, 3]) {
            events.push([1, 'worker_state', { worker: id, state: 'training' }]);
        }
        events.push([2, 'worker_state', { worker: 1, state: 'ready' }]);
        events.push([2, 'worker_state', { worker: 2, state: 'ready' }]);
        events.push([9, 'worker_state', { worker: 3, state: 'ready' }]);
        events.push([10, 'round_finished', { result: round(1) }]);
        const journal = play(new Journal(), ...events);
        const [share] = journal.shares;
        expect(journal.costs.of.get(3)).toMatchObject({ until: 9, moving: 1, computing: 8, saves: 7 });
        expect(share).toEqual({
            round: 1,
            from: 0,
            to: 10,
            moving: 3,
            computing: 1 + 1 + 8,
            waiting: 8 + 8 + 1,
            late: 0,
        });
    });

    it('looks for who is waited for among updates, not among the tests of the new model', () => {
        const states: [number, string, object][] = [1, 2, 3].map((id) => [0, 'worker_state', { worker: id, state: 'training' }]);
        const journal = play(
            new Journal(),
            [0, 'round_started', { round: 1, cohort: [] }],
            ...states,
            [1, 'worker_state', { worker: 1, state: 'ready' }],
            [2, 'worker_state', { worker: 2, state: 'ready' }],
            [9, 'worker_state', { worker: 3, state: 'ready' }],
            [9, 'phase', { phase: 'aggregating', round: 1 }],
            ...[1, 2, 3].map((id): [number, string, object] => [10, 'worker_state', { worker: id, state: 'receiving' }]),
            ...[1, 2, 3].map((id): [number, string, object] => [12, 'worker_state', { worker: id, state: 'ready' }]),
            [13, 'round_finished', { result: round(1) }],
        );
        expect(journal.costs.usual).toBe(9);
        expect(journal.costs.of.get(1)).toMatchObject({ until: 1, moving: 0 });
        expect(journal.costs.of.get(3)).toMatchObject({ until: 9, moving: 0, saves: 7 });
        expect(journal.shares[0]).toMatchObject({ moving: 6, to: 13 });
    });

    it('judges the clients of a round together, at its end', () => {
        const journal = new Journal();
        const answer = (number: number, client: number, loss: number) =>
            play(journal, [1, 'client_updated', { round: number, client, worker: 1, loss, accuracy: null, seconds: 1 }]);
        const finish = (number: number, odd: boolean) => {
            for (let client = 0; client < 10; client += 1) {
                answer(number, client, odd && client === 4 ? 9 : 0.5);
            }
            play(journal, [2, 'round_finished', { result: round(number) }]);
        };
        play(journal, [2, 'round_finished', { result: round(0) }]);
        expect(journal.is_judged).toBe(false);
        finish(1, true);
        // Once may be chance, and is no verdict of the others either; of a second round it is not seen yet what the third says.
        finish(2, true);
        expect(journal.odd.size).toBe(0);
        expect(journal.is_judged).toBe(false);
        finish(3, false);
        expect(journal.is_judged).toBe(true);
        expect([...journal.odd.keys()]).toEqual([4]);
        finish(4, false);
        expect(journal.odd.size).toBe(0);
    });

    it('gives a worker that comes back the row that it had', () => {
        const journal = play(
            new Journal(),
            [1, 'worker_joined', { worker: worker(1, { name: 'ward-3' }) }],
            [2, 'worker_left', { worker: 1, name: 'ward-3', reason: '' }],
            [4, 'worker_joined', { worker: worker(9, { name: 'ward-3' }) }],
        );
        expect([...journal.lanes.keys()]).toEqual([9]);
        expect(journal.lanes.get(9)!.what).toEqual(['waiting', 'gone', 'waiting']);
        expect(journal.lanes.get(9)!.worker).toBe(9);
    });

    it('has for a worker that comes back what it cost before', () => {
        const round_of = (number: number, second: number): [number, string, object][] => [
            [10 * number, 'round_started', { round: number, cohort: [] }],
            ...[1, second].map((one): [number, string, object] => [10 * number, 'worker_state', { worker: one, state: 'training' }]),
            [10 * number + 1, 'worker_state', { worker: 1, state: 'ready' }],
            [10 * number + 5, 'worker_state', { worker: second, state: 'ready' }],
            [10 * number + 5, 'round_finished', { result: round(number) }],
        ];
        const journal = play(
            new Journal(),
            [0, 'worker_joined', { worker: worker(1, { name: 'one' }) }],
            [0, 'worker_joined', { worker: worker(2, { name: 'two' }) }],
            ...[1, 2, 3].flatMap((number) => round_of(number, 2)),
            [36, 'worker_left', { worker: 2, name: 'two', reason: 'lost' }],
            [37, 'worker_joined', { worker: worker(3, { name: 'two' }) }],
            ...round_of(4, 3),
        );
        expect(journal.costs.of.get(3)).toMatchObject({ rounds: 4, saves: 4 });
        expect(journal.costs.of.has(2)).toBe(false);
    });

    it('keeps how clients\u2019 own tests are spread, and where the master was started again', () => {
        const tested = (client: number, accuracy: number | null, reason = '') => ({
            client, samples: 10, loss: 1, accuracy, r2: null, rmse: null, mae: null, auc: null, recall: null, reason,
        });
        const clients = [...Array.from({ length: 11 }, (_, client) => tested(client, client / 10)), tested(50, 0, 'lost')];
        const journal = play(
            new Journal(),
            [1, 'run_resumed', { run: 'a', round: 6, rounds: [], clients_per_round: 1 }],
            [2, 'clients_evaluated', { round: 7, clients }],
        );
        expect(journal.restarts).toEqual([7]);
        expect(journal.spreads.get(7)).toMatchObject({ clients: 11, of: 'accuracy', low: 0.1, median: 0.5, high: 0.9 });
        expect(journal.spreads.get(7)!.worst.map((one) => one.client)).toEqual([0, 1, 2, 3, 4]);
    });

    it('forgets the rounds of the run before, and goes on with its workers', () => {
        const journal = play(
            new Journal(),
            [0, 'run_opened', { run: 'a' }],
            [1, 'worker_joined', { worker: worker(1) }],
            [1, 'round_started', { round: 1, cohort: [4] }],
            [2, 'client_updated', { round: 1, client: 4, worker: 1, loss: 1, accuracy: null, seconds: 1 }],
            [2, 'updates_compared', { round: 1, step: 3, clients: [] }],
            [3, 'round_finished', { result: round(1) }],
        );
        expect(journal.shares).toHaveLength(1);
        play(journal, [4, 'run_opened', { run: 'b' }]);
        expect(journal.shares).toEqual([]);
        expect(journal.clients.size + journal.steps.size).toBe(0);
        expect(journal.lanes.size).toBe(1);
    });

    it('forgets rounds of a run whose beginning it did not see when another begins', () => {
        const arrays = [{ name: '1.dense.kernel', weights: 1, update: 1, units: 2, still: 0 }];
        const journal = play(new Journal(), [0, 'layers_measured', { round: 3121, arrays }]);
        expect(journal.layers.size).toBe(1);
        play(journal, [1, 'run_opened', { run: 'b' }]);
        expect(journal.layers.size).toBe(0);
    });

    it('keeps what it replayed when the run goes on under another number, and forgets it when another begins', () => {
        const kept = [1, 2].map((number): KeptLanes => ({
            round: number,
            states: [[10 * number, 'north', 'training'], [10 * number, 'south', 'training'], [10 * number + 4, 'north', 'ready'], [10 * number + 6, 'south', 'ready']],
        }));
        const replayed = (): Journal => {
            const journal = new Journal();
            journal.replay(kept);
            return journal;
        };
        const journal = play(replayed(), [40, 'run_opened', { run: 'b' }]);
        expect(journal.shares.map((share) => share.round)).toEqual([1, 2]);
        expect([...journal.costs.of.values()].map((cost) => cost.until)).toEqual([4, 6]);
        play(journal, [50, 'run_opened', { run: 'c' }]);
        expect(journal.shares.length + journal.costs.of.size).toBe(0);
        // Its own beginning was not seen.
        for (const between of [[41, 'round_finished', { result: round(3) }] as const, null]) {
            const later = replayed();
            if (between === null) {
                later.skip(7, 41);
            } else {
                play(later, [...between]);
            }
            play(later, [50, 'run_opened', { run: 'c' }]);
            expect(later.shares).toEqual([]);
        }
    });

    it('has no share of a round whose start it did not see', () => {
        const journal = play(new Journal(), [10, 'round_finished', { result: round(1) }]);
        expect(journal.shares).toEqual([]);
    });

    it('is bounded in rounds and in workers that are gone', () => {
        const journal = new Journal();
        for (let number = 1; number <= 2 * share_limit; number += 1) {
            play(
                journal,
                [number, 'round_started', { round: number, cohort: [] }],
                [number, 'updates_compared', { round: number, step: 1, clients: [] }],
                [number, 'worker_joined', { worker: worker(number) }],
                [number, 'worker_left', { worker: number, name: `worker-${number}`, reason: '' }],
                [number + 0.5, 'round_finished', { result: round(number) }],
            );
        }
        expect(journal.steps.size).toBe(share_limit);
        expect(journal.lanes.size).toBe(gone_limit);
        expect(journal.shares.length).toBeLessThanOrEqual(1.25 * share_limit);
        expect(journal.shares.at(-1)!.round).toBe(2 * share_limit);
    });

    it('knows what it does not know after something was missed', () => {
        const journal = play(
            new Journal(),
            [1, 'worker_joined', { worker: worker(1) }],
            [2, 'worker_state', { worker: 1, state: 'training' }],
        );
        journal.skip(50, 7);
        play(journal, [8, 'worker_stats', { worker: 1, bytes_sent: 999, bytes_received: 999, queued_bytes: 0 }]);
        expect(journal.seq).toBe(51);
        expect(journal.lanes.get(1)!.what).toEqual(['waiting', 'training', null]);
        expect(journal.traffic.seconds.at(-1)).toMatchObject({ sent: 0, received: 0 });
    });
});

describe('what the master knows of rounds', () => {
    const summary = {
        run: 'aa',
        rounds_looked_at: 3,
        usual: 3.1,
        workers: [1, 1, 1, 3].map((until, place) => ({
            worker: place + 1, until, loading: 0, computing: until, moving: 0, saves: until === 3 ? 2 : 0, rounds: 3,
        })),
        rounds: [7, 8, 9].map((round) => ({ round, from: round, to: round + 1, moving: 1, computing: 2, waiting: 3, late: 1 })),
        layers: {
            names: ['a', 'b'],
            units: [4, 0],
            rounds: [{ round: 8, weights: [1, 2], update: [0.5, null], still: [1, 0] }],
        },
    };
    const whole = (number: number): [number, string, object][] => [
        [10 * number, 'round_started', { round: number, cohort: [] }],
        [10 * number, 'worker_state', { worker: 1, state: 'training' }],
        [10 * number + 2, 'worker_state', { worker: 1, state: 'ready' }],
        [10 * number + 3, 'round_finished', { result: round(number) }],
    ];

    it('stands in for rounds that were not seen, until as many were', () => {
        const journal = play(new Journal(), ...whole(9));
        expect(journal.costs.of.get(1)?.until).toBe(2);
        journal.summarise(summary);
        expect(journal.is_behind()).toBe(true);
        expect(journal.costs.usual).toBe(3.1);
        expect(journal.costs.of.get(4)?.saves).toBe(2);
        expect([...journal.costs.late]).toEqual([4]);
        expect(journal.shares.map((one) => [one.round, one.computing])).toEqual([[7, 2], [8, 2], [9, 2]]);
        play(journal, ...whole(10));
        expect(journal.costs.usual).toBe(3.1);
        expect(journal.shares.at(-1)).toMatchObject({ round: 10, late: 1 });
        play(journal, ...whole(11));
        expect(journal.is_behind()).toBe(false);
        expect(journal.costs.usual).toBe(2);
    });

    it('has layers in the order of rounds, and what was seen as it was', () => {
        const seen = [{ name: 'a', weights: 1.0001, update: 0, units: 4, still: 0 }];
        const journal = play(new Journal(), [1, 'layers_measured', { round: 9, arrays: seen }]);
        journal.summarise(summary);
        expect([...journal.layers.keys()]).toEqual([8, 9]);
        expect(journal.layers.get(8)).toEqual([
            { name: 'a', weights: 1, update: 0.5, units: 4, still: 1 },
            { name: 'b', weights: 2, update: null, units: 0, still: 0 },
        ]);
        expect(journal.layers.get(9)).toEqual(seen);
        play(journal, [2, 'run_opened', { run: 'aa' }], [3, 'run_opened', { run: 'bb' }]);
        expect(journal.layers.size + journal.shares.length).toBe(0);
        expect(journal.is_behind()).toBe(false);
    });
});
