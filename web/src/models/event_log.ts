// Of all events those that people read up later: what the page shows as its log, and which of it is kept.
import type { Event } from '../protocol/stream';

export const log_limit = 1000;

export const logged: ReadonlySet<string> = new Set([
    'phase',
    'worker_joined',
    'worker_left',
    'worker_standing',
    'training_started',
    'client_dropped',
    'round_finished',
    'training_finished',
    'model_saved',
    'model_loaded',
    'pause_requested',
    'progress_stalled',
    'plan_changed',
    'command',
    'notice',
]);

/** These come with every round, and may not push out what comes once. */
const chatty: ReadonlySet<string> = new Set(['phase', 'round_finished', 'client_dropped']);

/** Oldest first, at most log_limit of them. */
export function shorten(log: Event[]): Event[] {
    let extra = log.length - log_limit;
    if (extra <= 0) {
        return log;
    }
    let spare = log.filter((event) => chatty.has(event.type)).length - log_limit / 2;
    return log.filter((event) => {
        const goes = extra > 0 && chatty.has(event.type) === spare > 0;
        if (goes) {
            extra -= 1;
            spare -= 1;
        }
        return !goes;
    });
}
