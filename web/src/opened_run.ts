// Opens a run of the past: makes of what the history has of it what the stream tells of the present one.
import { effect, signal } from '@preact/signals';
import { get_json, why } from './api';
import type { KeptLanes } from './models/journal';
import { make_state, type Kept } from './models/past_state';
import { show_opened } from './past';
import type { Client, Evaluation, Tested } from './protocol/run';
import { opened_run } from './route';
import { opened, present } from './store';

/** Why it cannot be shown; null: it is, or is being read. */
export const opened_error = signal<string | null>(null);

async function read(run: string): Promise<{ kept: Kept; lanes: KeptLanes[] }> {
    const missing = <T>(otherwise: T) => (): T => otherwise;
    const [whole, report, evaluation, lanes] = await Promise.all([
        get_json<Kept['run']>(`runs/${run}`),
        get_json<Kept['report']>(`runs/${run}/report`),
        get_json<Evaluation | null>(`runs/${run}/evaluation`).catch(missing(null)),
        get_json<KeptLanes[]>(`runs/${run}/lanes`).catch(missing([])),
    ]);
    const last = report.rounds.at(-1)?.round ?? 0;
    const [clients, tests] = await Promise.all([
        get_json<(Client & { worker: string })[]>(`runs/${run}/rounds/${last}/clients`).catch(missing([])),
        get_json<Tested[]>(`runs/${run}/rounds/${last}/tests`).catch(missing([])),
    ]);
    return { kept: { run: whole, report, evaluation, clients, tests }, lanes };
}

async function open(run: string): Promise<void> {
    try {
        const { kept, lanes } = await read(run);
        if (run === opened_run.peek()) {
            const made = make_state(kept, lanes.flatMap(({ states }) => states.map(([, name]) => name)));
            show_opened(lanes, made.workers.map(({ name }) => name));
            opened.value = made;
        }
    } catch (error) {
        if (run === opened_run.peek()) {
            opened_error.value = why(error);
        }
    }
}

export function start(): void {
    let shown = '';
    effect(() => {
        const is_known = present.value !== null;
        const wanted = is_known ? opened_run.value : '';
        if (wanted === shown) {
            return;
        }
        shown = wanted;
        opened_error.value = null;
        opened.value = null;
        show_opened(null);
        if (wanted !== '') {
            void open(wanted);
        }
    });
}
