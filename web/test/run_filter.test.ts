import { describe, expect, it } from 'vitest';
import { passes } from '../src/models/run_filter';
import { run_results } from '../src/models/run_results';
import { plan_keys, type PlanKey } from '../src/models/sweeps';
import type { Run } from '../src/protocol/history';

const told = (best: number, last: number): Run['own_metrics'] => ({ last: { test_metrics: { auc: last } }, least: {}, most: { test_metrics: { auc: best } } });
const run = { run: 'a', plan: 'digits', rounds: 20, best_test_accuracy: 0.91, best_test_loss: null, own_metrics: told(0.9, 0.8) } as unknown as Run;
const results = run_results([run], new Map([['a', { metrics: { auc: 'higher' } }]]));
const key = (path: string, title: string, value: string | null): PlanKey => ({ path, title, differs: true, varied: true, values: new Map([['a', value]]) });
const found = [
    key('local.optimizer.learning_rate', 'optimizer.learning_rate', '0.1'),
    key('local.epochs', 'epochs', '5'),
    key('seed', 'seed', '9007199254740993'),
    key('rounds', 'rounds', '30'),
    key('strategy', 'strategy', 'FedProx'),
    key('deadline', 'deadline', null),
];
const lets = (filter: string): boolean => passes(filter, run, 'digits a all rounds done', found, results);

describe('the filter of runs', () => {
    it('takes words that occur, all of them', () => {
        expect([lets(''), lets('  '), lets('DIG done'), lets('dig failed')]).toEqual([true, true, true, false]);
    });

    it('takes values as wholes', () => {
        expect([lets('epochs=5'), lets('epochs=5.0'), lets('epochs=50'), lets('learning_rate=0.1'), lets('learning_rate=0')]).toEqual([true, true, false, true, false]);
        expect([lets('local.epochs=5'), lets('pochs=5'), lets('strategy=fedprox'), lets('strategy=fed')]).toEqual([true, false, true, false]);
    });

    it('tells seeds of 64 bits apart', () => {
        expect([lets('seed=9007199254740993'), lets('seed=9007199254740992')]).toEqual([true, false]);
    });

    it('compares results and keys', () => {
        expect([lets('best>0.9'), lets('best>=91%'), lets('best>91%'), lets('epochs<5'), lets('epochs<=5'), lets('best_loss<9')]).toEqual([true, true, false, false, true, false]);
        expect([lets('strategy>3'), lets('deadline>0'), lets('nothing=1')]).toEqual([false, false, false]);
    });

    it('has the name of a result before a key of that name', () => {
        expect([lets('rounds=20'), lets('rounds=30'), lets('plan.rounds=30')]).toEqual([true, false, true]);
    });

    it('looks for words in a key of the name of a result, and for what has a sign in it among the names', () => {
        const other = [...found, key('model.loss', 'loss', 'focal')];
        expect(passes('loss=focal', run, '', other, results)).toBe(true);
        expect(passes('loss=mse', run, '', other, results)).toBe(false);
        const named = (filter: string): boolean => passes(filter, run, 'lr=0.1 try wd=0', found, results);
        expect([named('wd=0'), named('"lr=0.1 try"'), named('"lr=0.1 fly"'), named('__proto__=1')]).toEqual([true, true, false, false]);
    });

    it('compares what trainers of one\u2019s own tell, by its heading or its path', () => {
        expect([lets('auc>0.7'), lets('auc>0.85'), lets('best_auc>0.85'), lets('test_metrics.auc=0.8'), lets('aucs>0')]).toEqual([true, false, true, true, false]);
    });

    it('takes a key of the plan before what a trainer calls alike, which its whole name finds', () => {
        const values = { test_metrics: { epochs: 9, auc: 0.8, rounds: 7 }, train_metrics: { epochs: 8 } };
        const one = { ...run, own_metrics: { last: values, least: values, most: values } } as unknown as Run;
        const told = run_results([one], new Map([['a', { metrics: { epochs: 'higher' } }]]));
        const finds = (filter: string): boolean => passes(filter, one, '', [...found, key('metrics.auc', 'auc', 'higher')], told);
        expect([finds('epochs=5'), finds('epochs=9'), finds('test_metrics.epochs=9'), finds('best.test_metrics.epochs=9')]).toEqual([true, false, true, true]);
        expect([finds('epochs_train=8'), finds('train_metrics.epochs=8'), finds('best_epochs_train=8')]).toEqual([true, true, true]);
        expect([finds('auc>0.7'), finds('auc=higher'), finds('rounds=20'), finds('test_metrics.rounds=7')]).toEqual([true, true, true, true]);
    });

    it('finds by keys that all plans share, after those in which they differ', () => {
        const runs = ['a', 'b'].map((name) => ({ ...run, run: name, plan: 'p' }));
        const plan = (epochs: number) => ({ name: 'p', clients: 12, local: { epochs }, late: { epochs: 9, from: 'north' } });
        const keys = plan_keys(runs, new Map([['a', plan(5)], ['b', plan(6)]]));
        const finds = (filter: string): string => runs.filter((one) => passes(filter, one, '', keys, results)).map((one) => one.run).join('');
        expect([finds('clients=12'), finds('clients=1'), finds('clients>11'), finds('from=north')]).toEqual(['ab', '', 'ab', 'ab']);
        expect([finds('epochs=5'), finds('epochs=9'), finds('late.epochs=9'), finds('name=p')]).toEqual(['a', '', 'ab', 'ab']);
    });

    it('lets everything through while a value is being typed', () => {
        expect([lets('epochs='), lets('best>')]).toEqual([true, true]);
    });
});
