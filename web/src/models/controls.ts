// Which commands make sense now, and why the others do not.
import type { Phase } from '../protocol/run';

export const controls = [
    'train',
    'pause',
    'resume',
    'stop',
    'stop_now',
    'save',
    'load',
    'change',
    'evict',
    'start',
] as const;
export type Control = (typeof controls)[number];

export interface Situation {
    phase: Phase;
    pausing: boolean;
    stopping: boolean;
    /** Null where nothing says so. */
    training: boolean | null;
    models: number;
    role: 'viewer' | 'operator';
    /** Whether the master answers: nothing can be asked of one that does not. */
    live: boolean;
}

/** By control: why it makes no sense now, or null. */
export function obstacles(now: Situation): Record<Control, string | null> {
    const all = (why: string | null): Record<Control, string | null> =>
        Object.fromEntries(controls.map((control) => [control, why])) as Record<Control, string | null>;
    if (now.role === 'viewer') {
        return all('You are signed in as a viewer, who may watch and not steer');
    }
    if (!now.live) {
        return all('The master does not answer');
    }
    const paused = now.phase === 'paused';
    const running = now.training === true ? 'A training is under way: stop it first' : null;
    const idle = now.training === false ? 'No training is under way' : null;
    return {
        ...all(null),
        train: running,
        pause: idle ?? (paused ? 'It is paused' : now.pausing ? 'It will pause before the next round' : null),
        resume: idle ?? (paused || now.pausing || now.phase === 'waiting' ? null : 'It is not paused'),
        stop: idle ?? (now.stopping ? 'It is stopping' : null),
        stop_now: idle,
        load: running ?? (now.models === 0 ? 'No model has been saved yet' : null),
        start: running,
    };
}
