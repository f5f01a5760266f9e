// Plans of past runs, read while their table is looked at.
import { signal } from '@preact/signals';
import { get_json } from './api';

/** Plans by run; null where there is none to read. */
export const plans = signal<ReadonlyMap<string, unknown>>(new Map());
/** More are not asked for, as each is a request. */
export const plans_limit = 100;
const at_a_time = 6;
const asked = new Set<string>();

export async function read_plans(runs: readonly string[]): Promise<void> {
    const wanted = runs.slice(0, plans_limit).filter((run) => !asked.has(run));
    wanted.forEach((run) => asked.add(run));
    for (let at = 0; at < wanted.length; at += at_a_time) {
        const part = wanted.slice(at, at + at_a_time);
        const found = await Promise.all(
            part.map((run) =>
                get_json<{ plan_json?: unknown }>(`runs/${run}`)
                    .then((whole) => whole.plan_json ?? null)
                    .catch(() => {
                        asked.delete(run);
                        return undefined;
                    }),
            ),
        );
        const next = new Map(plans.peek());
        part.forEach((run, place) => found[place] !== undefined && next.set(run, found[place]));
        plans.value = next;
    }
}
