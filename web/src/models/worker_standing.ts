// What a worker is, in one word: what it does, unless it does not take part.
import type { Worker } from '../protocol/run';

export const worker_states = [
    'joined',
    'loading',
    'receiving',
    'training',
    'sending',
    'ready',
    'left out',
    'no client',
    'resting',
    'gone',
] as const;
export type WorkerStanding = (typeof worker_states)[number];

export function worker_standing({ state, standing }: Pick<Worker, 'state' | 'standing'>): WorkerStanding {
    if (state === 'gone') {
        return 'gone';
    }
    switch (standing) {
        case 'left_out':
            return 'left out';
        case 'no_client':
            return 'no client';
        case 'resting':
            return state === 'ready' || state === 'joined' ? 'resting' : state;
        default:
            return state;
    }
}
