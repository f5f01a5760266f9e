// Images of the master's test set, each read once.
import { signal } from '@preact/signals';
import { ApiError, get_json } from './api';
import type { Evaluation } from './protocol/run';

export interface Sample {
    index: number;
    /** Channels, height, width. */
    shape: [number, number, number];
    label: number;
    /** 0 to 255, row by row, one channel after the other. */
    pixels: number[];
}

const kept = new Map<number, Promise<Sample | null>>();
const kept_limit = 200;

/** Resolves to null where there is no such image. */
export function load_sample(index: number): Promise<Sample | null> {
    let wanted = kept.get(index);
    if (wanted === undefined) {
        wanted = get_json<Sample>(`samples/${index}`).catch((error: unknown) => {
            // What is not there will not be; what was not answered may be asked again.
            if (!(error instanceof ApiError && error.status === 404)) {
                kept.delete(index);
            }
            return null;
        });
        kept.set(index, wanted);
        const oldest = kept.keys().next();
        if (kept.size > kept_limit && !oldest.done) {
            kept.delete(oldest.value);
        }
    }
    return wanted;
}

/** A picture had another label than the run says: the test set is not the run's, and no picture is of it. */
export const is_foreign = signal(false);

/** Milliseconds that a set of pictures stands at least: rounds can be faster than anyone looks. */
const shown_for = 3000;

/** The latest evaluation, or one shortly before it. */
export const shown = signal<Evaluation | null>(null);
let latest: Evaluation | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

export function show(evaluation: Evaluation): void {
    latest = evaluation;
    if (timer === undefined) {
        shown.value = latest;
        timer = setTimeout(() => {
            timer = undefined;
            shown.value = latest;
        }, shown_for);
    }
}

/** Another run may have another test set. */
export function forget(): void {
    kept.clear();
    is_foreign.value = false;
    latest = null;
    shown.value = null;
}
