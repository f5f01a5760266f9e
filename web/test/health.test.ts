import { describe, expect, it } from 'vitest';
import { best_of, compare_with } from '../src/models/comparison';
import { difference, ending_health, learning_health, progress_of, waiting_health } from '../src/models/health';
import { marks_of } from '../src/models/marks';
import { roughly, time_left, usual_round } from '../src/models/time_left';
import type { Run } from '../src/protocol/history';
import type { Round } from '../src/protocol/run';
import type { Event } from '../src/protocol/stream';
import { event, round, status } from './samples';

const rounds = (count: number, fields: (number: number) => Partial<Round>): Round[] =>
    Array.from({ length: count }, (_, place) => round(place + 1, fields(place + 1)));

describe('health', () => {
    it('says by how much it learns', () => {
        const list = rounds(30, (number) => ({ test_accuracy: 0.5 + number / 100, test_loss: 1 / number, train_loss: 1 / number }));
        expect(learning_health(list)).toEqual({
            text: 'Learning: test accuracy +10.0 points in the last 10 rounds',
            tone: 'good',
        });
        expect(learning_health(list.slice(0, 1)).text).toMatch(/51\.0 % after the first round/);
    });

    it('reads as many rounds as there are, and of them the last and the least', () => {
        const of = (number: number): number => (number <= 150_000 ? 1 - number / 200_000 : 0.25 + (number - 150_000) / 200_000);
        const list = rounds(200_000, (number) => ({ test_accuracy: 0.5, train_loss: of(number), test_loss: number === 100_000 ? 0.2 : 0.25 }));
        expect(learning_health(list.slice(0, 160_000)).text).toBe('Hardly moving: ±0.0 points in the last 10 rounds; test loss rises: overfitting');
        list.push(round(200_001, { train_loss: 1.5, test_accuracy: 0.5 }));
        expect(learning_health(list).text).toBe('Hardly moving: test accuracy ±0.0 points in the last 10 rounds');
        list.push(...[200_002, 200_003].map((number) => round(number, { train_loss: 1.5, test_accuracy: 0.5 })));
        expect(learning_health(list).text).toBe('Diverging: the training loss rose from 0.2500 to 1.5000');
    });

    it('says since when it is flat, and that the test loss rises', () => {
        const list = rounds(60, (number) => ({
            test_accuracy: number <= 20 ? 0.5 + number / 100 : 0.69,
            train_loss: 1 / number,
            test_loss: number <= 20 ? 1 / number : 0.05 + (number - 20) / 100,
            ...(number >= 35 ? { plateau: { metric: 'test_accuracy', since: 20 } } : {}),
        }));
        expect(learning_health(list)).toEqual({
            text: 'Flat: no better test accuracy since round 20; test loss rises: overfitting',
            tone: 'warning',
        });
        // It does not learn more slowly where it does not learn.
        expect(learning_health(list.slice(0, 30)).text).toBe('Hardly moving: ±0.0 points in the last 10 rounds; test loss rises: overfitting');
        const slower = list.map((round) => ({ ...round, test_accuracy: 0.5 + round.round / 1000, plateau: undefined }));
        expect(learning_health(slower as never).text).toBe('Learning slows: +1.0 points in the last 10 rounds; test loss rises: overfitting');
    });

    it('says that it diverges', () => {
        const list = rounds(12, (number) => ({ test_accuracy: 0.5, train_loss: number < 6 ? 1 / number : number }));
        expect(learning_health(list)).toMatchObject({ tone: 'bad' });
        expect(learning_health(list).text).toMatch(/^Diverging: the training loss rose from 0\.2000 to 12\.00/);
        const broken = [...list.slice(0, 5), round(6, { train_loss: null, test_accuracy: 0.1 })];
        expect(learning_health(broken).text).toMatch(/no number/);
    });

    it('goes by the error of a regression, and by the training loss where nothing is tested', () => {
        const errors = rounds(12, (number) => ({ test_accuracy: null, test_rmse: 5 - number / 10, test_loss: 1, train_loss: 1 }));
        expect(progress_of(errors).key).toBe('test_rmse');
        expect(learning_health(errors).text).toBe('Learning: test error −1.0000 in the last 10 rounds');
        const untested = rounds(12, (number) => ({ test_accuracy: null, test_loss: null, train_loss: 1 / number }));
        expect(learning_health(untested).text).toMatch(/^Learning: training loss −/);
    });

    it('says how a training ended, and why', () => {
        const failed = { outcome: 'failed', detail: 'no worker is left', round: 3 };
        expect(ending_health(failed, [])).toEqual({ text: 'Failed: no worker is left', tone: 'bad' });
        const list = [round(7, { test_accuracy: 0.8 })];
        const stopped = ending_health({ outcome: 'stopped', detail: '', round: 7 }, list);
        expect(stopped).toEqual({ text: 'Stopped by an operator after round 7, test accuracy 80.0 %', tone: 'warning' });
        expect(ending_health({ outcome: 'rounds_done', detail: '7 rounds done', round: 7 }, list).tone).toBe('good');
    });

    it('says what is waited for', () => {
        expect(waiting_health({ ...status, min_workers: 3, workers: 1 }, false).text).toBe('Waiting for 2 more workers');
        expect(waiting_health({ ...status, min_workers: 1, workers: 1 }, true).text).toMatch(/under way/);
    });

    it('never says plus nothing', () => {
        expect(difference('test_accuracy', 0.00001)).toBe('±0.0 points');
        expect(difference('test_loss', -0.25)).toBe('−0.2500');
    });
});

describe('time left', () => {
    it('is that of the usual round, in words that do not change with every one', () => {
        const steady = rounds(21, (number) => ({ time: 1000 + 2 * number + (number === 21 ? 60 : 0) }));
        expect(usual_round(steady)).toBe(2);
        expect(time_left(steady, 921, false)).toBe('about 30 min left');
        expect(time_left(steady, 921, true)).toBe('at most 30 min left');
        expect(time_left(steady, 21, false)).toBe('');
        expect(time_left([], 5, false)).toBe('');
    });

    it('is rounded to what is known of it', () => {
        expect([3, 33, 200, 1500, 4000, 10_000, 200_000].map(roughly)).toEqual(
            ['5 s', '35 s', '3 min', '25 min', '65 min', '2.8 h', '2 days'],
        );
    });
});

describe('comparison', () => {
    const run = (name: string, started: number, best: number | null): Run =>
        ({ run: name, plan: 'a', started, best_test_accuracy: best }) as Run;
    const present = { run: 'me', plan: 'a' };
    const list = [round(1, { test_accuracy: 0.7 }), round(2, { test_accuracy: 0.9, test_partial: true })];

    it('is with the run before and with the best, of the same name', () => {
        const runs = [run('me', 9, 0.7), run('b', 3, 0.6), run('c', 2, 0.8), { ...run('d', 5, 0.99), plan: 'other' }];
        const found = compare_with(runs, present, list, 'test_accuracy')!;
        expect(found.previous).toMatchObject({ run: 'b' });
        expect(found.previous!.change).toBeCloseTo(0.1, 9);
        expect(found.best).toMatchObject({ run: 'c' });
        expect(compare_with([run('me', 9, 0.7)], present, list, 'test_accuracy')).toBeNull();
    });

    it('is not with a run that followed as if it had been before', () => {
        const runs = [run('later', 12, 0.4), run('me', 9, 0.7), run('b', 3, 0.6), run('c', 2, 0.8)];
        expect(compare_with(runs, present, list, 'test_accuracy')!.previous).toMatchObject({ run: 'b' });
        expect(compare_with(runs.slice(0, 2), present, list, 'test_accuracy')!.previous).toBeNull();
    });

    it('is by the loss where there are no accuracies, and less is better', () => {
        const loss = (name: string, started: number, best: number | null): Run =>
            ({ run: name, plan: 'a', started, best_test_accuracy: null, best_test_loss: best }) as Run;
        const runs = [loss('b', 3, 0.5), loss('c', 2, 0.2), loss('d', 1, null)];
        const losses = [round(1, { test_loss: 0.4 }), round(2, { test_loss: 0.3 })];
        const found = compare_with(runs, present, losses, 'test_loss')!;
        expect(found.previous).toMatchObject({ run: 'b' });
        expect(found.previous!.change).toBeCloseTo(-0.2, 9);
        expect(found.best).toMatchObject({ run: 'c' });
        expect(found.best!.change).toBeCloseTo(0.1, 9);
        expect(compare_with(runs, present, losses, 'test_accuracy')).toBeNull();
    });

    it('does not count a test in which clients are missing', () => {
        expect(best_of(list, 'test_accuracy', true)).toEqual({ round: 1, value: 0.7 });
    });
});

describe('marks', () => {
    it('are changes, loads and restarts, in order', () => {
        const change = { round: 4, last_round: 9, target_accuracy: null, deadline: 5, fraction: 1, clients_per_round: 1 };
        const log = [event(1, 'plan_changed', change), event(2, 'plan_changed', { ...change, round: 2, loaded: 'best' })];
        const found = marks_of(log as Event[], [3]);
        expect(found.map(({ round: number, kind }) => [number, kind])).toEqual([[2, 'load'], [3, 'restart'], [4, 'change']]);
        expect(found[0]!.text).toContain("'best'");
        const before = marks_of([], [3], [{ ...change, round: 2 }, { ...change, round: 3 }]);
        expect(before.map(({ round: number, kind }) => [number, kind])).toEqual([[2, 'change'], [3, 'restart']]);
    });
});
