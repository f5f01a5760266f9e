import { describe, expect, it } from 'vitest';
import { Lane } from '../src/models/lane';
import { stream_paths, time_ticks } from '../src/models/stream_paths';

describe('stream_paths', () => {
    const frame = { from: 0, to: 10, width: 100, row_height: 20, bar_height: 10 };

    it('draws a rectangle a span, in the row of its worker', () => {
        const first = new Lane(1, '');
        const second = new Lane(2, '');
        second.add(2, 'training');
        second.add(4, 'waiting');
        const paths = stream_paths([first, second], frame);
        expect(paths.training).toBe('M20 25H40v10H20z');
        expect(paths.waiting).toBe('M40 29H100v2H40z');
        expect(paths.gone).toBe('');
    });

    it('cuts at the edges, and leaves out what is before and after', () => {
        const lane = new Lane(1, '');
        lane.add(-50, 'gone');
        lane.add(-5, 'training');
        lane.add(5, null);
        lane.add(20, 'sending');
        const paths = stream_paths([lane], frame);
        expect(paths.training).toBe('M0 5H50v10H0z');
        expect(paths.gone + paths.sending).toBe('');
    });

    it('shows in each pixel what fills most of it, however many spans there are', () => {
        const lane = new Lane(1, '');
        for (let place = 0; place < 1000; place += 1) {
            lane.add(place / 100, 'training');
            lane.add(place / 100 + (place < 500 ? 0.007 : 0.003), 'waiting');
        }
        const paths = stream_paths([lane], frame);
        expect(paths.training).toBe('M0 5H50v10H0z');
        expect(paths.waiting).toBe('M50 9H100v2H50z');
    });

    it('has ticks at round times', () => {
        expect(time_ticks(103, 131, 6)).toEqual([105, 110, 115, 120, 125, 130]);
        // Texts are of whole seconds.
        expect(time_ticks(0, 3, 20)).toEqual([0, 1, 2, 3]);
        expect(time_ticks(0, 3600, 4)).toEqual([0, 900, 1800, 2700, 3600]);
    });
});
