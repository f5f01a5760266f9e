import { describe, expect, it } from 'vitest';
import { by_seed, differences, mean_deviation, sort_key } from '../src/models/sweeps';
import type { Run } from '../src/protocol';

const run = (name: string): Run => ({ run: name, plan: 'p' }) as Run;
const plan = (seed: number, rate: number, rounds = 3) => ({
    name: `p-${seed}-${rate}`,
    seed,
    rounds,
    local: { optimizer: { type: 'sgd', learning_rate: rate } },
    strategy: { learning_rate: 1 },
});

describe('sweeps', () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map(run);
    const plans = new Map<string, unknown>([
        ['a', plan(1, 0.1)],
        ['b', plan(2, 0.1)],
        ['c', plan(1, 0.01)],
        ['d', { ...plan(2, 0.01), strategy: { learning_rate: 2 } }],
        ['e', null],
    ]);

    it('have a column for each key that differs, under the shortest name that tells it apart', () => {
        const found = differences(runs, plans);
        expect(found.map(({ path, title }) => [path, title])).toEqual([
            ['seed', 'seed'],
            ['local.optimizer.learning_rate', 'optimizer.learning_rate'],
            ['strategy.learning_rate', 'strategy.learning_rate'],
        ]);
        expect(found[1]!.values.get('c')).toBe('0.01');
        expect(found[1]!.values.get('e')).toBeUndefined();
    });

    it('group what differs by the seed alone', () => {
        const found = differences(runs, plans);
        const names = by_seed(runs, found, plans).map((group) => group.runs.map((one) => one.run).join(''));
        expect(names).toEqual(['ab', 'c', 'd', 'e']);
    });

    it('sort numbers as numbers', () => {
        expect([sort_key('0.1'), sort_key('sgd'), sort_key(''), sort_key(null)]).toEqual([0.1, 'sgd', '', null]);
    });

    it('have means and deviations', () => {
        expect(mean_deviation([1, null, 3])).toEqual({ mean: 2, deviation: Math.sqrt(2) });
        expect(mean_deviation([1])).toEqual({ mean: 1, deviation: null });
        expect(mean_deviation([null, undefined])).toBeNull();
    });
});
