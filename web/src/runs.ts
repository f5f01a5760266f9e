// The history of runs, read when it is looked at.
import { batch, signal } from '@preact/signals';
import { ApiError, get_json, why } from './api';
import type { Labels, Run } from './protocol/history';
import type { Round } from './protocol/run';
import { keep_plans } from './run_plans';

export const runs = signal<Run[] | null>(null);
export const runs_error = signal<string | null>(null);

export interface Loaded {
    rounds: Round[];
    plan: unknown;
}

/** Runs at a time whose curves are kept. */
const kept_limit = 24;
export const loaded = signal<ReadonlyMap<string, Loaded>>(new Map());

/** With their plans for who compares runs by them. */
export async function read_runs(with_plans = false): Promise<void> {
    try {
        const found = await get_json<(Run & { plan_json?: unknown })[]>(with_plans ? 'runs?plans=1' : 'runs');
        // What is drawn of both is drawn once.
        batch(() => {
            if (with_plans) {
                keep_plans(found);
            }
            runs.value = found;
            runs_error.value = null;
        });
    } catch (error) {
        tell(error);
    }
}

/** That the master is away is told once for the whole page; what has been read stays where it is. */
function tell(error: unknown): void {
    if (runs.peek() === null || !(error instanceof ApiError && error.status === 0)) {
        runs_error.value = why(error);
    }
}

export const no_labels: Labels = { name: '', note: '', tags: [], pinned: false };

/** Keeps what people say of a run. @throws ApiError */
export async function write_labels(run: string, labels: Labels): Promise<void> {
    const kept = await get_json<Labels>(`runs/${run}/labels`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(labels),
    });
    runs.value = (runs.peek() ?? []).map((one) => (one.run === run ? { ...one, labels: kept } : one));
}

/** Reads a run's rounds and plan; asked again, reads them again. */
export async function read_run(run: string): Promise<void> {
    try {
        const [rounds, whole] = await Promise.all([
            get_json<Round[]>(`runs/${run}/rounds`),
            get_json<{ plan_json?: unknown }>(`runs/${run}`),
        ]);
        const next = new Map(loaded.peek());
        next.delete(run);
        next.set(run, { rounds, plan: whole.plan_json ?? null });
        const oldest = next.keys().next();
        if (next.size > kept_limit && !oldest.done) {
            next.delete(oldest.value);
        }
        loaded.value = next;
    } catch (error) {
        tell(error);
    }
}
