import { describe, expect, it } from 'vitest';
import { free_labels } from '../src/models/free_labels';

const within = { left: 0, right: 200, top: 0, bottom: 200 };

describe('labels beside marks', () => {
    it('stand to the right where there is room', () => {
        expect(free_labels([{ x: 50, y: 50 }], [20], within)).toEqual([{ x: 59, y: 50 }]);
        expect(free_labels([{ x: 190, y: 50 }], [20], within)).toEqual([{ x: 161, y: 50 }]);
    });

    it('lie neither on each other nor on a mark, nor outside', () => {
        const marks = Array.from({ length: 8 }, (_, place) => ({ x: 60 + 9 * (place % 3), y: 60 + 7 * place }));
        const found = free_labels(marks, marks.map(() => 22), within);
        const boxes = found.flatMap((at) => (at === null ? [] : { left: at.x, right: at.x + 22, top: at.y - 6, bottom: at.y + 6 }));
        const all = [...boxes, ...marks.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }))];
        for (const box of boxes) {
            const over = all.filter((other) => other !== box && box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
            expect(over).toEqual([]);
        }
        expect(boxes.length).toBeGreaterThanOrEqual(4);
    });

    it('are left out where all is taken', () => {
        const crowd = Array.from({ length: 5 }, (_, x) => Array.from({ length: 5 }, (__, y) => ({ x: 12 * x, y: 12 * y }))).flat();
        expect(free_labels(crowd, crowd.map(() => 20), { left: 0, right: 50, top: 0, bottom: 50 })[12]).toBeNull();
    });
});
