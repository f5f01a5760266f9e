import { expect, test } from 'vitest';
import { own_metrics, own_name, own_value } from '../src/models/own_metrics';
import type { Round } from '../src/protocol/run';

const nothing: Round = {
    round: 1,
    cohort: [],
    dropped: [],
    train_loss: 1,
    train_accuracy: null,
    test_loss: null,
    test_accuracy: null,
    seconds: {},
    bytes_sent: 0,
    bytes_received: 0,
    time: 0,
};

test('own metrics are those that any round tells, tests first', () => {
    const rounds: Round[] = [
        { ...nothing, train_metrics: { f1: 1 } },
        nothing,
        { ...nothing, train_metrics: { auc: 0.5 }, test_metrics: { brier: 0.25, 'f1@0.5': 0 } },
    ];
    expect(own_metrics(rounds)).toEqual([
        'test_metrics.brier',
        'test_metrics.f1@0.5',
        'train_metrics.auc',
        'train_metrics.f1',
    ]);
    expect(own_metrics([nothing])).toEqual([]);
    // Whoever tells another name in each round takes no place from what all tell.
    const flood = Array.from({ length: 1000 }, (_, at) => ({ ...nothing, test_metrics: { auc: 0.5, [`z${at}`]: 1, [`a${at}`]: 1 } }));
    expect(own_metrics(flood)).toHaveLength(64);
    expect(own_metrics(flood)).toContain('test_metrics.auc');
});

test('a value is that of the kind and name, and none where the round does not tell it', () => {
    const round: Round = { ...nothing, train_metrics: { 'a.b': 1 }, test_metrics: { 'a.b': 2, none: null } };
    expect(own_value(round, 'train_metrics.a.b')).toBe(1);
    expect(own_value(round, 'test_metrics.a.b')).toBe(2);
    expect(own_name('test_metrics.a.b')).toBe('a.b');
    expect(own_value(round, 'test_metrics.none')).toBe(null);
    expect(own_value(round, 'test_metrics.constructor')).toBe(null);
    expect(own_value(nothing, 'test_metrics.toString')).toBe(null);
});
