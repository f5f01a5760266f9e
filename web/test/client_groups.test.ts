import { describe, expect, it } from 'vitest';
import { by_worker, is_awaited, is_odd, is_settled } from '../src/models/client_groups';
import type { Client } from '../src/protocol/run';

const client = (number: number, worker: number | null): Client =>
    ({ client: number, worker, loss: number, accuracy: null, test_accuracy: null }) as Client;
const judged = (numbers: number[], odd: number[]) => ({ judged: new Map(numbers.map((one) => [one, 10 + one])), odd: new Map(odd.map((one) => [one, []])) });

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

    it('are waited for some rounds, and no longer where some never get a verdict', () => {
        const [group] = by_worker(all, judged([1, 2, 3], [2, 3]));
        expect([group!.since, is_awaited(group!, 13), is_awaited(group!, 31), is_awaited(group!, 32)]).toEqual([12, true, true, false]);
        const [settled] = by_worker(all, judged([1, 2, 3, 4], [2, 3]));
        expect(is_awaited(settled!, 13)).toBe(false);
    });

    it('are sorted by how many of those that were judged are odd', () => {
        const more = [...all, ...[9, 10].map((one) => client(one, 3))];
        // Four of four of its six, and one of two.
        expect(by_worker(more, judged([1, 2, 3, 4, 9, 10], [1, 2, 3, 4, 9])).map(({ worker }) => worker)).toEqual([1, 3, 2]);
        expect(by_worker(more, judged([1, 2, 3, 4, 5, 6, 7, 9, 10], [1, 2, 9, 10])).map(({ worker }) => worker)).toEqual([3, 1, 2]);
        // Two of three of its six are more than one of two.
        expect(by_worker(more, judged([1, 2, 3, 9, 10], [1, 2, 9])).map(({ worker }) => worker)).toEqual([1, 3, 2]);
    });
});
