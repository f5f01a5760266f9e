import { describe, expect, it } from 'vitest';
import { explained } from '../src/models/explained';

describe('what a key explains of the results', () => {
    it('is all of what depends on it alone, and nothing of what does not', () => {
        expect(explained(['a', 'a', 'b', 'b'], [1, 1, 3, 3])).toBe(1);
        expect(explained(['a', 'b', 'a', 'b'], [1, 1, 3, 3])).toBe(0);
    });

    it('is epsilon squared', () => {
        // Between the groups 4, within them 2 with 2 degrees of freedom, 6 in all: (4 - 1) / 6.
        expect(explained(['1', '1', '2', '2'], [0, Math.SQRT2, 2 + 0, 2 + Math.SQRT2])).toBeCloseTo(0.5);
    });

    it('does not grow with the number of values', () => {
        const count = 40;
        const rates = Array.from({ length: count }, (_, place) => String(place / 100));
        const noise = rates.map((_, place) => (place * 17) % 7);
        expect(explained(rates, noise)!).toBeLessThan(0.15);
        expect(explained(rates, rates.map(Number))!).toBeGreaterThan(0.9);
    });

    it('is not told where there is too little', () => {
        expect(explained(['a', 'b', 'c'], [1, 2, 3])).toBeNull();
        expect(explained(['a', 'a', 'a'], [1, 2, 3])).toBeNull();
        expect(explained(['a', 'a', 'b', 'b'], [2, 2, 2, 2])).toBeNull();
        expect(explained([], [])).toBeNull();
    });
});
