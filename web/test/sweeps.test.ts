import { describe, expect, it } from 'vitest';
import { axis_name, measure_of, run_results } from '../src/models/run_results';
import { by_seed, counted, differences, mean_deviation, sort_key } from '../src/models/sweeps';
import type { Run } from '../src/protocol/history';

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
            ['local.optimizer.learning_rate', 'optimizer.learning_rate'],
            ['strategy.learning_rate', 'strategy.learning_rate'],
            ['seed', 'seed'],
        ]);
        expect(found[0]!.values.get('c')).toBe('0.01');
        expect(found[0]!.values.get('e')).toBeUndefined();
    });

    it('have what was varied before what plans of other names bring along', () => {
        const other = { ...run('f'), plan: 'q' };
        const more = new Map([...plans, ['f', { ...plan(1, 0.1), data: 'csv', strategy: {} }]]);
        const found = differences([...runs, other], more);
        expect(found.map(({ title, varied }) => [title, varied])).toEqual([
            ['optimizer.learning_rate', true],
            ['strategy.learning_rate', true],
            ['seed', true],
            ['strategy', false],
            ['data', false],
        ]);
    });

    it('group what differs by the seed alone', () => {
        const found = differences(runs, plans);
        const names = by_seed(runs, found, plans).map((group) => group.runs.map((one) => one.run).join(''));
        expect(names).toEqual(['ab', 'c', 'd', 'e']);
    });

    it('leave those alone whose plans nobody knows', () => {
        const unknown = new Map<string, unknown>([['a', null], ['b', null]]);
        expect(by_seed(runs.slice(0, 2), [], unknown)).toHaveLength(2);
    });

    it('count what ended well, as a summary of a sweep does', () => {
        const ended = (name: string, outcome: string | null): Run => ({ ...run(name), outcome });
        const group = { runs: [ended('a', 'rounds_done'), ended('b', 'failed'), ended('c', null), ended('d', 'stopped_early')] };
        expect(counted(group).map((one) => one.run)).toEqual(['a', 'd']);
        expect(counted({ runs: [ended('b', 'failed')] })).toHaveLength(1);
    });

    it('are measured by what most of them have, and losses of classes are not among those of numbers', () => {
        const told = (best_test_accuracy: number | null, best_test_loss: number | null): Run =>
            ({ ...run('a'), best_test_accuracy, best_test_loss }) as Run;
        const measure = (of: readonly Run[], wanted = '') => measure_of(of, run_results(of, plans), wanted)!;
        const classes = [told(0.9, 0.3), told(0.8, 0.4)];
        const numbers = [told(null, 12), told(null, 13), told(null, 14), told(null, null)];
        expect(measure(classes).of(classes[0]!)).toBe(0.9);
        expect(measure(classes, 'best_loss').of(classes[0]!)).toBe(0.3);
        const mixed = [...classes, ...numbers];
        expect(measure(mixed).rises).toBe(false);
        expect(mixed.map(measure(mixed).of)).toEqual([null, null, 12, 13, 14, null]);
    });

    it('have what trainers of one\u2019s own tell, the best of it where a plan says which that is', () => {
        const values = (auc: number, lag: number) => ({ test_metrics: { auc }, train_metrics: { lag } });
        const told = { ...run('a'), own_metrics: { last: values(0.8, 3), least: values(0.5, 2), most: values(0.9, 4) } } as Run;
        const shown = (metrics?: object) =>
            run_results([run('b'), told], new Map([['a', { metrics }]])).map((one) => [one.key, one.title, one.of(told), one.rises]);
        expect(shown()).toEqual([
            ['test_metrics.auc', 'auc', 0.8, undefined],
            ['train_metrics.lag', 'lag, train', 3, undefined],
        ]);
        expect(shown({ auc: 'higher', lag: 'lower' })).toEqual([
            ['best.test_metrics.auc', 'best auc', 0.9, true],
            ['test_metrics.auc', 'auc', 0.8, true],
            ['best.train_metrics.lag', 'best lag, train', 2, false],
            ['train_metrics.lag', 'lag, train', 3, false],
        ]);
        expect(measure_of([told], run_results([told], new Map()), 'test_metrics.auc')!.of(told)).toBe(0.8);
    });

    it('are named beside keys in small letters, but for what is the user\u2019s own', () => {
        const told = { ...run('a'), best_test_accuracy: 0.5, own_metrics: { last: { test_metrics: { mIoU: 1 } }, least: {}, most: {} } } as Run;
        expect(run_results([told], new Map()).map(axis_name)).toEqual(['best accuracy', 'mIoU']);
    });

    it('have of many metrics first what plans name, and all of them where all are asked for', () => {
        const names = ['a', 'b', 'c', 'd', 'e', 'z'];
        const values = { test_metrics: Object.fromEntries(names.map((name) => [name, 1])) };
        const told = { ...run('a'), own_metrics: { last: values, least: values, most: values } } as Run;
        const keys = (most?: number) => run_results([told], new Map([['a', { metrics: { z: 'lower' } }]]), most).map(({ key }) => key.replace('test_metrics.', ''));
        expect(keys(4)).toEqual(['best.z', 'z', 'a', 'b', 'c']);
        expect(keys()).toEqual(['best.z', 'z', 'a', 'b', 'c', 'd', 'e']);
        // Neither accuracies nor losses are there.
        expect(measure_of([told], run_results([told], new Map()), '')!.key).toBe('test_metrics.a');
        expect(measure_of([], [], '')).toBeUndefined();
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
