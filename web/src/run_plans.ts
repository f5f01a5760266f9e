// Plans of past runs, read while their table is looked at.
import { signal } from '@preact/signals';
import { get_json } from './api';
import type { Run } from './protocol';

/** Plans by run; null where there is none to read. */
export const plans = signal<ReadonlyMap<string, unknown>>(new Map());
/** As many as the master tells at once. */
export const plans_limit = 100;
const asked = new Set<string>();

type Planned = Run & { plan_json?: unknown };

/** Asks once for all that are not known yet. */
export async function read_plans(runs: readonly string[]): Promise<void> {
    const wanted = runs.slice(0, plans_limit).filter((run) => !asked.has(run));
    if (wanted.length === 0) {
        return;
    }
    wanted.forEach((run) => asked.add(run));
    try {
        const found = await get_json<Planned[]>('runs?plans=1');
        const next = new Map(plans.peek());
        found.forEach(({ run, plan_json }) => plan_json !== undefined && next.set(run, plan_json));
        plans.value = next;
    } catch {
        wanted.forEach((run) => asked.delete(run));
    }
}
