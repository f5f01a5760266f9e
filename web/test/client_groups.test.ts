import { describe, expect, it } from 'vitest';
import { by_worker, is_odd, is_settled } from '../src/models/client_groups';
import type { Client } from '../src/protocol/run';

const client = (number: number, worker: number | null): Client =>
    ({ client: number, worker, loss: number, accuracy: null, test_accuracy: null }) as Client;
const judged = (numbers: number[], odd: number[]) => ({ judged: new Set(numbers), odd: new Map(odd.map((one) => [one, []])) });

describe('clients by worker', () => {
    const all = [...[1, 2, 3, 4, 5, 6].map((one) => client(one, 1)), client(7, 2), client(8, null)];
    const verdict = (numbers: number[], odd: number[]) => {
        const group = by_worker(all, judged(numbers, odd)).find(({ worker }) => worker === 1)!;
        return [group.odd, group.judged, is_settled(group), is_odd(group)];
    };

    it('are the worker\u2019s doing where most of those that were judged are odd', () => {
        expect(verdict([1, 2, 3, 4, 5, 6], [1, 2, 3])).toEqual([3, 6, true, true]);
        expect(verdict([1, 2, 3, 4, 5, 6], [1, 2])).toEqual([2, 6, true, false]);
        expect(verdict([1, 2, 3, 4], [1, 2])).toEqual([2, 4, true, true]);
    });

    it('say nothing of the worker before enough of them were judged', () => {
        expect(verdict([1, 2, 3], [1, 2, 3])).toEqual([3, 3, false, false]);
        expect(verdict([1, 2, 3, 4], [])).toEqual([0, 4, true, false]);
    });

    it('are enough where a worker has no more, and those of nobody are in no group', () => {
        const groups = by_worker(all, judged([7], [7]));
        expect(groups.map(({ worker }) => worker)).toEqual([2, 1]);
        expect(is_odd(groups[0]!)).toBe(true);
    });
});
