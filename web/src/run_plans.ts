// Plans of past runs, read with the runs while their table is looked at.
import { signal } from '@preact/signals';

/** By run; null before any were read. */
export const plans = signal<ReadonlyMap<string, unknown> | null>(null);

/** Takes up what the latest runs told. */
export function keep_plans(found: readonly { run: string; plan_json?: unknown }[]): void {
    const told = found.filter(({ run, plan_json }) => plan_json !== undefined && !plans.peek()?.has(run));
    if (told.length === 0 && plans.peek() !== null) {
        return;
    }
    plans.value = new Map([...(plans.peek() ?? []), ...told.map(({ run, plan_json }): [string, unknown] => [run, plan_json])]);
}
