// Keeps the journal in step with the stream: live events, and what was before them or missed between them.
import { signal } from '@preact/signals';
import { get_json } from './api';
import { backfill, type EventPage } from './backfill';
import { Journal } from './models/journal';
import type { Event, Snapshot } from './protocol';

/** The journal changes in place; whoever draws it reads `journal_version` to draw again. */
export let journal = new Journal();
export const journal_version = signal(0);

let instance = '';
/** Events that came while older ones are being read; null when nothing is being read. */
let held: Event[] | null = null;
/** So many may wait; what is over is read up with the rest later. */
const held_limit = 20_000;

export function take(message: Snapshot | Event): void {
    if (message.type === 'snapshot') {
        void catch_up(message);
    } else if (held === null) {
        journal.apply(message);
    } else if (held.length < held_limit) {
        held.push(message);
    }
}

async function catch_up(snapshot: Snapshot): Promise<void> {
    if (snapshot.instance !== instance) {
        instance = snapshot.instance;
        journal = new Journal();
    }
    const mine = (held = []);
    const target = journal;
    const { seq } = snapshot;
    await backfill(target, instance, seq, (after) =>
        get_json<EventPage>(`events?after=${after}&limit=1000`),
    );
    // A newer snapshot has taken over.
    if (held !== mine) {
        return;
    }
    const is_behind = target.seq < seq;
    if (is_behind) {
        target.skip(seq, snapshot.status.now);
    }
    for (const { worker, name, state } of snapshot.workers) {
        // Who has done nothing for long is in no event that is still kept.
        if (state !== 'gone' && (is_behind || !target.lanes.has(worker))) {
            target.see(worker, name, state, snapshot.status.now);
        }
    }
    (mine as Event[]).forEach((event) => target.apply(event));
    held = null;
    journal_version.value += 1;
}
