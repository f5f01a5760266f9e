import { describe, expect, it } from 'vitest';
import { seconds_limit, Traffic } from '../src/models/traffic';

describe('traffic', () => {
    it('counts what came in a second, from the first total of a worker on', () => {
        const traffic = new Traffic();
        traffic.count(10.2, 1, 1000, 500, 0);
        traffic.count(11.2, 1, 1300, 600, 70);
        traffic.count(11.4, 2, 9000, 9000, 30);
        traffic.count(12.2, 1, 1301, 600, 0);
        expect(traffic.seconds).toEqual([
            { time: 10, sent: 0, received: 0, queued: 0 },
            { time: 11, sent: 300, received: 100, queued: 100 },
            { time: 12, sent: 1, received: 0, queued: 100 },
        ]);
    });

    it('shows seconds without news, and drops the queue of who is gone', () => {
        const traffic = new Traffic();
        traffic.count(10, 1, 0, 0, 50);
        traffic.leave(1);
        traffic.count(13, 2, 0, 0, 0);
        expect(traffic.seconds.map((one) => one.time)).toEqual([10, 11, 12, 13]);
        expect(traffic.seconds.at(-1)!.queued).toBe(0);
    });

    it('does not take a restarted counter for traffic', () => {
        const traffic = new Traffic();
        traffic.count(10, 1, 1000, 0, 0);
        traffic.count(11, 1, 5, 0, 0);
        expect(traffic.seconds.at(-1)!.sent).toBe(0);
    });

    it('is bounded', () => {
        const traffic = new Traffic();
        for (let time = 0; time < 5000; time += 1) {
            traffic.count(time, 1, time, time, 0);
        }
        expect(traffic.seconds.length).toBeLessThanOrEqual(seconds_limit + 60);
        expect(traffic.seconds.at(-1)!.time).toBe(4999);
    });
});
