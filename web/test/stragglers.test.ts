import { describe, expect, it } from 'vitest';
import { costs, dear_round } from '../src/models/stragglers';

describe('stragglers', () => {
    const rounds = (count: number, ...until: number[]) =>
        Array.from({ length: count }, () =>
            until.map((seconds, worker) => ({ worker, until: seconds, loading: 0, computing: seconds - 0.1, moving: 0.1 })),
        );

    it('cost what rounds would be shorter without them', () => {
        const { usual, of, late } = costs(rounds(5, 0.7, 0.6, 0.5, 2.2));
        expect(usual).toBe(2.2);
        expect(of.get(3)).toMatchObject({ until: 2.2, moving: 0.1 });
        expect(of.get(3)!.saves).toBeCloseTo(1.5, 9);
        expect(of.get(0)!.saves).toBe(0);
        expect([...late]).toEqual([3]);
    });

    it('cost no more than the rounds that they are in', () => {
        // One that has been there for two rounds of ten.
        const { usual, of } = costs([...rounds(8, 1, 1, 1), ...rounds(2, 1, 1, 1, 9)]);
        const cost = of.get(3)!;
        expect(cost.saves).toBe(8);
        expect(dear_round(cost, usual!)).toEqual({ seconds: 9, is_usual: false });
        const slow = costs(rounds(5, 1, 1, 9));
        expect(dear_round(slow.of.get(2)!, slow.usual!)).toEqual({ seconds: 9, is_usual: true });
    });

    it('are late in most rounds, not in one', () => {
        const mixed = [...rounds(6, 1, 1, 1, 1), ...rounds(1, 1, 1, 1, 9)];
        expect(costs(mixed).late.size).toBe(0);
        expect(costs(rounds(2, 1, 1, 1, 9)).late.size).toBe(0);
    });

    it('need others to be late by', () => {
        expect(costs(rounds(5, 1, 100)).late.size).toBe(0);
        expect(costs([]).usual).toBeNull();
    });
});
