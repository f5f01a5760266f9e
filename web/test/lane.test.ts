import { describe, expect, it } from 'vitest';
import { Lane } from '../src/models/lane';

describe('lane', () => {
    const lane = new Lane(1, 'one');
    lane.add(10, 'waiting');
    lane.add(12, 'receiving');
    lane.add(13, 'training');
    lane.add(13, 'training');
    lane.add(16, 'sending');
    lane.add(17, 'waiting');
    lane.add(20, null);

    it('finds what was done at a time', () => {
        expect(lane.at(9)).toBe(-1);
        expect(lane.what[lane.at(12)]).toBe('receiving');
        expect(lane.what[lane.at(15.9)]).toBe('training');
        expect(lane.what[lane.at(99)]).toBeNull();
    });

    it('sums what was done between two times, and not what is unknown', () => {
        const sums = { receiving: 1, loading: 0, training: 3, sending: 1, waiting: 5, gone: 0 };
        expect(lane.seconds(0, 100)).toEqual(sums);
        expect(lane.seconds(14, 16.5)).toMatchObject({ training: 2, sending: 0.5, waiting: 0 });
        expect(lane.seconds(5, 6)).toMatchObject({ waiting: 0 });
    });

    it('knows until when it was at work', () => {
        expect(lane.busy_until(10, 30)).toBe(17);
        expect(lane.busy_until(10, 15)).toBe(15);
        expect(lane.busy_until(18, 30)).toBeNull();
    });

    it('is bounded', () => {
        const long = new Lane(1, 'one');
        for (let time = 0; time < 1000; time += 1) {
            long.add(time, time % 2 === 0 ? 'training' : 'waiting');
            long.keep(100);
        }
        expect(long.times.length).toBeLessThanOrEqual(125);
        expect(long.times.at(-1)).toBe(999);
    });

    it('does not go back in time', () => {
        const odd = new Lane(1, 'one');
        odd.add(10, 'training');
        odd.add(9, 'waiting');
        expect(odd.times).toEqual([10, 10]);
    });
});
