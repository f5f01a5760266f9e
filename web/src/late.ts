// Who holds rounds up, and the beat that views of the journal are drawn in.
import { computed, signal } from '@preact/signals';
import type { Costs } from './models/stragglers';
import { journal, journal_version } from './past';

/** Four times a second is enough to watch workers by. */
export const beat = signal(0);

export const costs = computed((): Costs => {
    void beat.value;
    return journal.costs;
});

export const late = computed(() => costs.value.late);

export function start(): void {
    let drawn = -1;
    setInterval(() => {
        if (!document.hidden && (journal_version.peek() !== drawn || journal.open !== null)) {
            drawn = journal_version.peek();
            beat.value += 1;
        }
    }, 250);
}
