// What was done to a run, at the round from which it counts.
import type { Event, PlanChange } from '../protocol/stream';
import { sentence } from '../sentences';

export interface Mark {
    round: number;
    kind: 'change' | 'load' | 'restart';
    text: string;
}

/** Changes and loads are in the log, those of before a restart beside it; restarts are told apart. */
export function marks_of(log: readonly Event[], restarts: readonly number[], before: readonly PlanChange[] = []): Mark[] {
    // A restart says again what holds, which changes nothing.
    const said = before.map((one) => JSON.stringify({ ...one, round: 0, loaded: undefined }));
    const earlier = before
        .filter(({ loaded }, place) => loaded !== undefined || said[place] !== said[place - 1])
        .map((one): Event => ({ ...one, type: 'plan_changed', seq: 0, time: 0 }));
    const changes = [...earlier, ...log].flatMap((event): Mark[] =>
        event.type === 'plan_changed'
            ? [{ round: event.round, kind: event.loaded === undefined ? 'change' : 'load', text: sentence(event).text }]
            : [],
    );
    const again = restarts.map((round): Mark => ({
        round,
        kind: 'restart',
        text: `The master was started again before round ${round}.`,
    }));
    return [...changes, ...again].sort((a, b) => a.round - b.round);
}
