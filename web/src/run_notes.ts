// What was said of the run before this process of the master began: from the history of runs.
import { computed, signal } from '@preact/signals';
import { get_json } from './api';
import type { Event } from './protocol/stream';
import { log, status } from './store';

interface Note {
    time: number;
    level: 'info' | 'warning' | 'error';
    text: string;
}

const notes = signal<{ run: string; list: Note[] }>({ run: '', list: [] });

/** Once a run; what cannot be read stays missing. */
export async function read_notes(run: string): Promise<void> {
    if (run === '' || notes.peek().run === run) {
        return;
    }
    notes.value = { run, list: [] };
    const found = await get_json<{ notes?: Note[] }>(`runs/${run}`).catch(() => null);
    if (notes.peek().run === run && found?.notes !== undefined) {
        notes.value = { run, list: found.notes };
    }
}

/** The log, and before it the notes of the run that are older than its first entry. Their numbers are below zero. */
export const whole_log = computed((): readonly Event[] => {
    const own = log.value;
    const first = own[0]?.time ?? Infinity;
    const older = notes.value.run === status.value?.run ? notes.value.list.filter((note) => note.time < first) : [];
    return older.length === 0
        ? own
        : [
              ...older.map(({ time, level, text }, place): Event => ({
                  seq: place - older.length,
                  time,
                  type: 'notice',
                  level,
                  text,
              })),
              ...own,
          ];
});
