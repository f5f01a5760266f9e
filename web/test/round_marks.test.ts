import { describe, expect, it } from 'vitest';
import { lines_of, numbered } from '../src/models/round_marks';

const marks = (first: number, count: number, distance: number) =>
    Array.from({ length: count }, (_, place) => ({ round: first + place, x: place * distance }));
const rounds = (list: { round: number }[]) => list.map(({ round }) => round);

describe('marks of rounds', () => {
    it('numbers all that have room, and else every second, fifth, tenth', () => {
        expect(rounds(numbered(marks(1, 4, 40), 40))).toEqual([1, 2, 3, 4]);
        expect(rounds(numbered(marks(1, 6, 33), 40))).toEqual([2, 4, 6]);
        expect(rounds(numbered(marks(1, 12, 10), 40))).toEqual([5, 10]);
        expect(rounds(numbered(marks(95, 20, 5), 40))).toEqual([100, 110]);
        expect(rounds(numbered(marks(1, 60, 2), 40))).toEqual([20, 40, 60]);
        expect(rounds(numbered(marks(9900, 200, 0.5), 50))).toEqual([9900, 10000]);
    });

    it('keeps a number while its round goes by', () => {
        for (let first = 1; first < 30; first += 1) {
            const shown = rounds(numbered(marks(first, 12, 30), 40));
            expect(shown.every((round) => round % 2 === 0)).toBe(true);
        }
    });

    it('leaves no two numbers over each other where a round was short', () => {
        const short = [...marks(1, 6, 50), { round: 7, x: 255 }, { round: 8, x: 310 }];
        expect(rounds(numbered(short, 40))).toEqual([1, 2, 3, 4, 5, 6, 8]);
    });

    it('draws a line for each round until they would be a surface', () => {
        expect(lines_of(marks(1, 20, 10))).toHaveLength(20);
        expect(lines_of(marks(1, 20, 3))).toHaveLength(10);
        expect(lines_of([])).toEqual([]);
        expect(numbered([], 40)).toEqual([]);
    });
});
