// What a log entry is about: how grave it is, and which round, worker and client it names.
import type { Event } from '../protocol/stream';
import { sentence, type Tone } from '../sentences';

export const levels = ['detail', 'info', 'warning', 'error'] as const;
export type Level = (typeof levels)[number];

const by_tone: Record<Tone, Level> = {
    quiet: 'detail',
    plain: 'info',
    good: 'info',
    warning: 'warning',
    bad: 'error',
};

export interface Subject {
    round: number | null;
    worker: number | null;
    client: number | null;
}

export function level_of(event: Event): Level {
    return by_tone[sentence(event).tone];
}

export function subject_of(event: Event): Subject {
    const fields = event as unknown as Record<string, unknown>;
    const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
    const result = event.type === 'round_finished' ? event.result.round : null;
    const joined = event.type === 'worker_joined' ? event.worker.worker : null;
    return {
        round: result ?? (event.type === 'phase' && event.round === 0 ? null : number(fields['round'])),
        worker: joined ?? number(fields['worker']),
        client: number(fields['client']),
    };
}

export interface LogFilter {
    level: Level;
    worker: number | null;
    text: string;
}

export function passes(event: Event, filter: LogFilter): boolean {
    if (levels.indexOf(level_of(event)) < levels.indexOf(filter.level)) {
        return false;
    }
    if (filter.worker !== null && subject_of(event).worker !== filter.worker) {
        return false;
    }
    const wanted = filter.text.trim().toLowerCase();
    return wanted === '' || `${event.type} ${sentence(event).text}`.toLowerCase().includes(wanted);
}
