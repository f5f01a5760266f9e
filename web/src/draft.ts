// The plan that is being edited, and what the master says about it.
import { effect, signal } from '@preact/signals';
import { get_json, why } from './api';
import { plan_text } from './models/plan_text';
import type { PlanCheck, SchemaNode } from './protocol/plan';

/** Milliseconds after the last key until the master is asked. */
const pause = 300;

/** Kept while other views are looked at; null before a plan was read. */
export const text = signal<string | null>(null);
/** The text that it began as. */
export const original = signal('');
export const cursor = signal(0);
export const check = signal<PlanCheck | null>(null);
export const is_checking = signal(false);
export const draft_error = signal<string | null>(null);
export const schema = signal<SchemaNode | null>(null);

const storage_key = 'fedasio-draft';

interface Kept {
    base: string;
    original: string;
    text: string;
}

/** What was typed survives a reload of the page in its tab. */
function remembered(): Kept | null {
    try {
        return JSON.parse(sessionStorage.getItem(storage_key) ?? 'null') as Kept | null;
    } catch {
        return null;
    }
}

function remember(): void {
    try {
        if (text.value === original.value) {
            sessionStorage.removeItem(storage_key);
        } else {
            const kept: Kept = { base: base ?? '', original: original.value, text: text.value ?? '' };
            sessionStorage.setItem(storage_key, JSON.stringify(kept));
        }
    } catch {
        // Storage may be forbidden; the draft then lasts as long as the page.
    }
}

let base: string | null = null;
let question: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Begins with the plan of a run, '' being the present one; a text that was changed is kept unless it must go. */
export async function begin(run: string, must: boolean): Promise<void> {
    if (!must && base === run && text.peek() !== null) {
        return;
    }
    const kept = must || base !== null ? null : remembered();
    if (kept?.base === run) {
        base = run;
        original.value = kept.original;
        text.value = kept.text;
        return;
    }
    try {
        const plan =
            run === '' ? await get_json<unknown>('plan') : (await get_json<{ plan_json: unknown }>(`runs/${run}`)).plan_json;
        base = run;
        original.value = plan_text(plan);
        text.value = original.value;
        draft_error.value = null;
    } catch (error) {
        draft_error.value = why(error);
    }
}

export async function read_schema(): Promise<void> {
    if (schema.peek() !== null) {
        return;
    }
    try {
        schema.value = await get_json<SchemaNode>('plan/schema');
    } catch {
        // Without it there are no hints; the check needs none.
    }
}

async function ask(wanted: string): Promise<void> {
    question?.abort();
    const mine = (question = new AbortController());
    is_checking.value = true;
    try {
        check.value = await get_json<PlanCheck>('plan/check', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: wanted,
            signal: mine.signal,
        });
        draft_error.value = null;
    } catch (error) {
        if (mine.signal.aborted) {
            return;
        }
        check.value = null;
        draft_error.value = why(error);
    }
    if (question === mine) {
        is_checking.value = false;
    }
}

/** Asks about every text that stands for a moment. */
effect(() => {
    const wanted = text.value;
    clearTimeout(timer);
    if (wanted !== null) {
        remember();
        is_checking.value = true;
        timer = setTimeout(() => void ask(wanted), pause);
    }
});
