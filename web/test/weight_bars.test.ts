import { describe, expect, it } from 'vitest';
import { facts, heights, lines, short_number, type Counted } from '../src/models/weight_bars';

const counted: Counted = {
    run: 'aa', round: 3, name: 'a', dims: [4], values: 1000, not_finite: 0, zeros: 0, minimum: -0.123456, maximum: 2,
    mean: 0.5, deviation: 0.25, low: -0.1, width: 0.01, bins: [1, 0, 999], below: 0, above: 0, arrays: ['a'],
};

describe('values of an array', () => {
    it('shows one value beside thousands, and none as nothing', () => {
        const [one, none, most] = heights([1, 0, 999]);
        expect(one).toBeCloseTo(0.1, 2);
        expect(none).toBe(0);
        expect(most).toBe(1);
        expect(heights([0, 0])).toEqual([0, 0]);
    });

    it('has lines at powers of ten, few of them, none above the highest bar', () => {
        expect(lines([1, 0, 999]).map(({ values }) => values)).toEqual([1, 10, 100]);
        expect(lines([1000]).at(-1)).toEqual({ values: 1000, at: 1 });
        expect(lines([1]).map(({ values }) => values)).toEqual([1]);
        expect(lines([3e8]).map(({ values }) => values)).toEqual([1, 100, 10_000, 1_000_000, 100_000_000]);
    });

    it('tells what is odd only where it is', () => {
        expect(facts(counted)).toEqual(['1,000 values', 'mean 0.5 ± 0.25', 'from −0.123 to 2']);
        expect(facts({ ...counted, zeros: 125, not_finite: 2, below: 1, above: 2 }).slice(3)).toEqual([
            'zero: 125 (13 %)',
            'not finite: 2 (0.2 %)',
            'beyond the bars: 3 (0.3 %)',
        ]);
        const none: Counted = {
            ...counted, values: 2, not_finite: 2, bins: [], minimum: null, maximum: null, mean: null, deviation: null, low: null, width: null,
        };
        expect(facts(none)).toEqual(['2 values', 'not finite: 2 (100 %)']);
    });

    it('writes numbers short', () => {
        expect([0.000012345, -12345, 0, null].map(short_number)).toEqual(['0.0000123', '−12300', '0', '–']);
    });
});
