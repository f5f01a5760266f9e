// What the last test before this process of the master said of each class, or of values: from the history of runs.
import { signal } from '@preact/signals';
import { get_json } from './api';
import type { State } from './model';
import type { Evaluation } from './protocol/run';

const found = signal<{ run: string; evaluation: Evaluation } | null>(null);
let asked = '';

/** Asked once a process and run, where rounds are done and the master knows of no test. */
export async function read_kept_evaluation({ instance, status, rounds, evaluation }: State): Promise<void> {
    const key = `${instance}/${status.run}`;
    if (!status.state_dir || rounds.length === 0 || evaluation !== null || asked === key) {
        return;
    }
    asked = key;
    const kept = await get_json<Evaluation | null>(`runs/${status.run}/evaluation`).catch(() => null);
    if (asked === key && kept !== null) {
        found.value = { run: status.run, evaluation: kept };
    }
}

export function with_kept(state: State | null): Evaluation | null {
    const kept = found.value;
    return state?.evaluation ?? (kept !== null && kept.run === state?.status.run ? kept.evaluation : null);
}
