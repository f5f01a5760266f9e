import { describe, expect, it } from 'vitest';
import { parallel_axes } from '../src/models/parallel';

const axis = (...values: (string | null)[]) =>
    parallel_axes('rate', values.map((value, place) => ({ key: `r${place}`, value })));

describe('an axis of parallel coordinates', () => {
    it('has numbers by their size', () => {
        const made = axis('1', '2', '3');
        expect(['r0', 'r1', 'r2'].map(made.at)).toEqual([0, 0.5, 1]);
        expect(made.ticks.map(({ name }) => name)).toEqual(['1', '2', '3']);
    });

    it('has numbers that lie far apart by their logarithm', () => {
        const made = axis('0.001', '0.1', '10');
        expect(made.at('r1')).toBeCloseTo(0.5);
    });

    it('has words and what is missing below each other, and one value in the middle', () => {
        const made = axis('sgd', null, 'adam', 'sgd');
        expect(new Set(['r0', 'r1', 'r2'].map(made.at)).size).toBe(3);
        expect(made.at('r0')).toBe(made.at('r3'));
        expect(axis('5', '5').at('r1')).toBe(0.5);
    });

    it('names whole numbers as they are, and others by three digits', () => {
        expect(axis('600', '31536000', '0.33333').ticks.map(({ name }) => name)).toEqual(['0.333', '600', '31536000']);
    });

    it('names no value on another', () => {
        const { ticks } = axis('1', '1.001', '1.002', '2');
        expect(ticks.map(({ name }) => name)).toEqual(['1', '2']);
    });
});
