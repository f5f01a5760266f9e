import { describe, expect, it } from 'vitest';
import { apart, bytes_tick, log_splits, loss_tick, percent_steps, percent_tick, time_tick } from '../src/components/ticks';

describe('log_splits', () => {
    it('has whole decades of many, and more of few', () => {
        expect(log_splits(1e-4, 10)).toEqual([1e-4, 1e-3, 0.01, 0.1, 1, 10]);
        expect(log_splits(0.015, 1.2)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1]);
        expect(log_splits(0.25, 0.95)).toEqual([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    });

    it('ends, and stays within, for every range', () => {
        for (let exponent = -12; exponent < 6; exponent += 0.037) {
            for (const width of [1.0001, 1.01, 1.3, 3, 100]) {
                const [least, most] = [10 ** exponent, 10 ** exponent * width];
                const splits = log_splits(least, most);
                expect(splits.length).toBeGreaterThan(0);
                expect(splits.length).toBeLessThan(20);
                expect(splits[0]).toBeGreaterThanOrEqual(least * (1 - 1e-9));
                expect(splits.at(-1)).toBeLessThanOrEqual(most * (1 + 1e-9));
            }
        }
    });
});

describe('places of a logarithmic axis', () => {
    it('leave out what would touch, decades last', () => {
        const splits = log_splits(0.045, 0.24);
        expect(apart(splits, 1.5)).toEqual([0.05, null, null, null, null, 0.1, 0.2]);
        expect(apart(log_splits(1e-4, 10), 5)).toEqual([1e-4, 1e-3, 0.01, 0.1, 1, 10]);
        expect(apart(log_splits(1e-4, 10), 50)).toEqual([1e-4, null, 0.01, null, 1, null]);
    });

    it('read as what they are, however far apart they lie', () => {
        for (const [least, most] of [[1e-3, 20], [0.011, 1.2], [0.951, 0.96]] as const) {
            for (const at of log_splits(least, most)) {
                expect(Number(loss_tick(at, at / 1000))).toBe(at);
            }
        }
    });
});

describe('ticks', () => {
    it('are short and tell neighbours apart', () => {
        expect(percent_tick(0.855, 0.005)).toBe('85.5%');
        expect(percent_tick(0.85, 0.05)).toBe('85%');
        expect(loss_tick(0.25, 0.05)).toBe('0.25');
        expect(loss_tick(2, 1)).toBe('2');
        expect(loss_tick(0.00001, 0.00001)).toBe('1.0e-5');
        expect(time_tick(75, 15)).toBe('1:15');
        expect(bytes_tick(2048, 1024)).toBe('2 KiB');
        expect(bytes_tick(3 * 2 ** 20 + 32 * 1024, 16 * 1024)).toBe('3.03 MiB');
        expect(bytes_tick(-(3 * 2 ** 20) - 16 * 1024, 16 * 1024)).toBe('3.02 MiB');
        expect(bytes_tick(0, 1024)).toBe('0 B');
    });

    it('name each place by what it is, in every step that an axis may have', () => {
        for (const step of percent_steps) {
            const texts = Array.from({ length: 8 }, (_, place) => percent_tick(0.8 + place * step, step));
            expect(new Set(texts).size).toBe(8);
            texts.forEach((text, place) => expect(Number.parseFloat(text) / 100).toBeCloseTo(0.8 + place * step, 9));
        }
    });
});
