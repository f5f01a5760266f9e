import { describe, expect, it } from 'vitest';
import { nice_places } from '../src/models/nice_places';

describe('nice places', () => {
    it('are round, within, and some of them', () => {
        expect(nice_places(0, 1.6)).toEqual([0, 0.5, 1, 1.5]);
        expect(nice_places(-0.31, 0.72)).toEqual([-0.2, 0, 0.2, 0.4, 0.6]);
        expect(nice_places(0.797, 0.82)).toEqual([0.8, 0.805, 0.81, 0.815, 0.82]);
        expect(nice_places(3, 3)).toEqual([3]);
        for (let width = 1e-4; width < 1e6; width *= 1.7) {
            for (const least of [-0.4 * width, 0, 0.07, 912]) {
                const places = nice_places(least, least + width);
                expect(places.length).toBeGreaterThanOrEqual(2);
                expect(places.length).toBeLessThanOrEqual(8);
                expect(places[0]).toBeGreaterThanOrEqual(least - 1e-9 * (1 + Math.abs(least)));
                expect(places.at(-1)).toBeLessThanOrEqual((least + width) * (1 + 1e-9) + 1e-9);
            }
        }
    });
});
