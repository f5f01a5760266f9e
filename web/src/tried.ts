// What a model says of a sample that somebody typed in, drew or chose.
import { signal } from '@preact/signals';
import { ApiError, get_json, why } from './api';
import { Latest } from './models/latest';

export interface Prediction {
    /** null: the global model. */
    model: string | null;
    round: number | null;
    task: 'classification' | 'regression';
    prediction: string | number | null;
    /** In a regression. */
    label?: string;
    /** In a classification: whether the values are shares of 1. */
    probabilities?: boolean;
    outputs?: { class: string; value: number | null }[];
}

/** A row by its columns, or a picture. */
export type Sample = Record<string, string> | Blob;

export const prediction = signal<Prediction | null>(null);
export const problem = signal<string | null>(null);
/** The saved model that is tried; '' for the global one. */
export const tried_model = signal('');

/** Milliseconds until what was refused because of others is asked again. */
const retry_after = 500;
const retries = 10;

let last: Sample | null = null;

async function ask(sample: Sample): Promise<Prediction | string> {
    const of = tried_model.peek();
    const path = of === '' ? 'model/predict' : `models/${of}/predict`;
    const is_picture = sample instanceof Blob;
    const type = is_picture ? 'image/png' : 'application/json';
    const body = is_picture ? sample : JSON.stringify({ row: sample });
    for (let tries = 0; ; tries += 1) {
        try {
            return await get_json<Prediction>(path, { method: 'POST', headers: { 'Content-Type': type }, body });
        } catch (error) {
            const is_busy = error instanceof ApiError && (error.status === 429 || error.status === 503);
            if (!is_busy || tries === retries) {
                return why(error);
            }
            await new Promise((resolve) => setTimeout(resolve, retry_after));
        }
    }
}

const questions = new Latest(ask, (answer) => {
    problem.value = typeof answer === 'string' ? answer : null;
    if (typeof answer !== 'string') {
        prediction.value = answer;
    }
});

export function try_on(sample: Sample): void {
    last = sample;
    questions.put(sample);
}

/** Another model, or another round of it. */
export function try_again(): void {
    if (last !== null) {
        questions.put(last);
    }
}

export function forget_sample(): void {
    last = null;
    questions.drop();
    prediction.value = null;
    problem.value = null;
}
