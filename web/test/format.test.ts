import { describe, expect, it } from 'vitest';
import {
    bytes,
    clock,
    count,
    duration,
    loss,
    milliseconds,
    missing,
    percent,
    plural,
    ranges,
} from '../src/format';

describe('format', () => {
    it.each([count, percent, loss, bytes, duration, clock, milliseconds])(
        '%o shows what is missing as a dash',
        (format) => {
            expect([null, undefined, NaN].map((value) => format(value))).toEqual([missing, missing, missing]);
        },
    );

    it('counts', () => {
        expect(count(199210)).toBe('199,210');
        expect(plural(1, 'client')).toBe('1 client');
        expect(plural(0, 'client')).toBe('0 clients');
    });

    it('percents', () => {
        expect(percent(0.8412)).toBe('84.1 %');
        expect(percent(1, 0)).toBe('100 %');
        expect(percent(0)).toBe('0.0 %');
    });

    it('losses', () => {
        expect(loss(0.31)).toBe('0.3100');
        expect(loss(12.345)).toBe('12.35');
        expect(loss(0)).toBe('0.0000');
        expect(loss(0.00012)).toBe('1.20e-4');
        expect(loss(1234567)).toBe('1.23e+6');
        expect(loss(-2)).toBe('-2.0000');
    });

    it('bytes', () => {
        expect(bytes(0)).toBe('0 B');
        expect(bytes(1023)).toBe('1023 B');
        expect(bytes(1024)).toBe('1.0 KiB');
        expect(bytes(1024 * 1024 - 1)).toBe('1.0 MiB');
        expect(bytes(123456789)).toBe('118 MiB');
        expect(bytes(5 * 1024 ** 5)).toBe('5120 TiB');
    });

    it('durations', () => {
        expect(duration(0.0421)).toBe('0.042 s');
        expect(duration(0.42)).toBe('0.42 s');
        expect(duration(3.21)).toBe('3.2 s');
        expect(duration(9.96)).toBe('10 s');
        expect(duration(59.6)).toBe('1:00');
        expect(clock(0)).toBe('0:00');
        expect(clock(65)).toBe('1:05');
        expect(clock(3599.6)).toBe('1:00:00');
        expect(clock(-3)).toBe('0:00');
        expect(milliseconds(0.214)).toBe('0.21 ms');
        expect(milliseconds(250.4)).toBe('250 ms');
    });

    it('ranges', () => {
        expect(ranges([])).toBe(missing);
        expect(ranges([3])).toBe('3');
        expect(ranges([1, 0])).toBe('0, 1');
        expect(ranges([5, 0, 2, 1, 7, 8, 9])).toBe('0–2, 5, 7–9');
    });
});
