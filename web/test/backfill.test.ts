import { describe, expect, it } from 'vitest';
import { backfill, far, type EventPage } from '../src/backfill';
import { Journal } from '../src/models/journal';
import type { Event } from '../src/protocol/stream';
import { event } from './samples';

/** A master that keeps events from a number on, and gives a few at a time. */
function master(oldest: number, newest: number, page = 3, instance = 'a') {
    const asked: number[] = [];
    const read = async (after: number): Promise<EventPage> => {
        asked.push(after);
        const events: Event[] = [];
        for (let seq = Math.max(after + 1, oldest); seq <= newest && events.length < page; seq += 1) {
            events.push(event(seq, 'worker_state', { worker: 1, state: seq % 2 === 0 ? 'training' : 'ready' }));
        }
        return { instance, events, oldest };
    };
    return { asked, read };
}

describe('backfill', () => {
    it('reads page after page up to the snapshot', async () => {
        const journal = new Journal();
        const { asked, read } = master(1, 8);
        await backfill(journal, 'a', 8, far, read);
        expect(journal.seq).toBe(8);
        expect(asked).toEqual([0, 3, 6]);
        expect(journal.lanes.get(1)!.times).toHaveLength(8);
    });

    it('goes on from what it has', async () => {
        const journal = new Journal();
        const { asked, read } = master(1, 8);
        await backfill(journal, 'a', 3, far, read);
        await backfill(journal, 'a', 8, far, read);
        expect(asked).toEqual([0, 3, 6]);
        expect(journal.lanes.get(1)!.what).not.toContain(null);
    });

    it('marks what is no longer kept', async () => {
        const journal = new Journal();
        await backfill(journal, 'a', 4, far, master(1, 4).read);
        await backfill(journal, 'a', 12, far, master(9, 12).read);
        expect(journal.seq).toBe(12);
        expect(journal.lanes.get(1)!.what).toContain(null);
    });

    it('ends quietly when the master cannot be asked, or is another one', async () => {
        const journal = new Journal();
        await backfill(journal, 'a', 8, far, () => Promise.reject(new Error('gone')));
        await backfill(journal, 'a', 8, far, master(1, 8, 3, 'b').read);
        await backfill(journal, 'a', 8, far, master(1, 0).read);
        expect(journal.seq).toBe(0);
    });

    it('asks for no more than it can keep', async () => {
        const journal = new Journal();
        const { asked, read } = master(1, 50_000, 20_000);
        await backfill(journal, 'a', 50_000, far, read);
        expect(asked[0]).toBe(30_000);
        expect(journal.seq).toBe(50_000);
    });
});
