// Brings the journal up to a snapshot from the events that the master still keeps.
import type { Journal } from './models/journal';
import type { Event } from './protocol/stream';

export interface EventPage {
    instance: string;
    events: Event[];
    oldest: number;
    /** Number of the last event there is. */
    newest?: number;
}

/** So many events of the past are read up on opening, and where somebody looks at the past. */
export const near = 2_000;
export const far = 20_000;

/**
 * Applies the events after what the journal has, up to number `to`. Ends early, and quietly, when the master cannot
 * be asked: the past is then shorter.
 */
export async function backfill(
    journal: Journal,
    instance: string,
    to: number,
    reach: number,
    read: (after: number) => Promise<EventPage>,
): Promise<void> {
    let after = Math.max(journal.seq, to - reach);
    while (after < to) {
        let page: EventPage;
        try {
            page = await read(after);
        } catch {
            return;
        }
        const last = page.events.at(-1);
        if (page.instance !== instance || last === undefined || last.seq <= after) {
            return;
        }
        page.events.forEach((event) => journal.apply(event));
        after = last.seq;
    }
}
