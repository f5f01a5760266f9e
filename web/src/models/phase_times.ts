// How long the run spent in each phase.
import type { Event, Phase, Round } from '../protocol';

/**
 * Seconds by phase. What belongs to rounds comes from the rounds that are done; the rest, and the round that
 * runs, from the phases in the log, which may not reach back to the start.
 */
export function phase_times(
    rounds: readonly Round[],
    log: readonly Event[],
    phase: Phase,
    phase_since: number | null,
    now: number,
): Map<Phase, number> {
    const times = new Map<Phase, number>();
    const add = (name: Phase, seconds: number): void => {
        times.set(name, (times.get(name) ?? 0) + Math.max(0, seconds));
    };
    for (const round of rounds) {
        for (const [name, seconds] of Object.entries(round.seconds)) {
            add(name as Phase, seconds);
        }
    }
    const last_round = rounds.at(-1)?.time ?? 0;
    let open: Extract<Event, { type: 'phase' }> | null = null;
    for (const event of log) {
        if (event.type !== 'phase') {
            continue;
        }
        if (open !== null && !is_counted(open.phase, event.time, last_round)) {
            add(open.phase, event.time - open.time);
        }
        open = event;
    }
    if (phase_since !== null) {
        add(phase, now - phase_since);
    }
    return times;
}

const of_rounds: ReadonlySet<Phase> = new Set<Phase>([
    'loading_dataset',
    'distributing_model',
    'distributing_weights',
    'training',
    'aggregating',
    'evaluating',
]);

function is_counted(phase: Phase, ended: number, last_round: number): boolean {
    return of_rounds.has(phase) && ended <= last_round;
}
