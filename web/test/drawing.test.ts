import { describe, expect, it } from 'vitest';
import { to_sample, type Grey } from '../src/models/drawing';
import { Latest } from '../src/models/latest';

/** A white rectangle on black. */
function drawn(width: number, height: number, left: number, top: number, right: number, bottom: number): Grey {
    const pixels = new Uint8ClampedArray(width * height);
    for (let y = top; y < bottom; y += 1) {
        pixels.fill(255, y * width + left, y * width + right);
    }
    return { width, height, pixels };
}

describe('a drawing as a sample', () => {
    it('is the mean of what each pixel covers', () => {
        const { pixels } = to_sample(drawn(8, 8, 2, 0, 5, 4), 2, 4, false);
        // Pixels of 2 x 4; the first row is covered: not, wholly, by half, not.
        expect([...pixels]).toEqual([0, 255, 128, 0, 0, 0, 0, 0]);
    });

    it('lies as the digits of MNIST do: the longer side 20 of 28, its mass in the middle', () => {
        const { pixels } = to_sample(drawn(280, 280, 10, 30, 60, 130), 28, 28, true);
        const at = (x: number, y: number) => pixels[y * 28 + x];
        // 50 x 100 become 10 x 20, from (9, 4) on.
        expect([at(9, 4), at(18, 23), at(8, 10), at(19, 10), at(10, 3), at(10, 24)]).toEqual([255, 255, 0, 0, 0, 0]);
        expect(pixels.reduce((sum, value) => sum + value, 0)).toBe(200 * 255);
    });

    it('is black where nothing was drawn', () => {
        expect([...to_sample(drawn(20, 20, 0, 0, 0, 0), 2, 2, true).pixels]).toEqual([0, 0, 0, 0]);
    });
});

describe('questions that come faster than answers', () => {
    it('are asked one at a time, the latest next', async () => {
        const asked: number[] = [];
        const told: number[] = [];
        const free: (() => void)[] = [];
        const latest = new Latest<number, number>(
            (question) => {
                asked.push(question);
                return new Promise((resolve) => free.push(() => resolve(question)));
            },
            (answer) => told.push(answer),
        );
        [1, 2, 3].forEach((question) => latest.put(question));
        expect(asked).toEqual([1]);
        free.shift()!();
        await Promise.resolve();
        await Promise.resolve();
        expect(asked).toEqual([1, 3]);
        latest.drop();
        free.shift()!();
        await Promise.resolve();
        await Promise.resolve();
        expect(told).toEqual([1]);
        latest.put(4);
        expect(asked).toEqual([1, 3, 4]);
    });
});
