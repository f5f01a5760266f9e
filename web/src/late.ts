// Stragglers: of the round that runs, or of the last one.
import { computed, signal } from '@preact/signals';
import { late_workers } from './models/stragglers';
import { journal, journal_version } from './past';
import { master_time } from './store';

/** Four times a second is enough to watch workers by. */
export const beat = signal(0);

export const late = computed((): ReadonlySet<number> => {
    void beat.value;
    const { open, shares } = journal;
    const running = open === null ? [] : late_workers([...journal.lanes.values()], open.from, master_time());
    return new Set([...running, ...(shares.at(-1)?.late ?? [])]);
});

export function start(): void {
    let drawn = -1;
    setInterval(() => {
        if (!document.hidden && (journal_version.peek() !== drawn || journal.open !== null)) {
            drawn = journal_version.peek();
            beat.value += 1;
        }
    }, 250);
}
