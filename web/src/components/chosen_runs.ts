// Which runs are compared: in the address.
import { computed } from '@preact/signals';
import { param, set_params } from '../route';

/** As many as there are colours. */
export const runs_limit = 8;

export const chosen_runs = computed(() =>
    param('runs')
        .split(',')
        .filter((run) => /^[0-9a-f]+$/.test(run))
        .slice(0, runs_limit),
);

export function choose_run(run: string, wanted: boolean): void {
    const others = chosen_runs.peek().filter((one) => one !== run);
    set_params({ runs: (wanted ? [...others, run] : others).join(',') });
}

/** Name of the CSS variable with a run's colour. */
export function run_colour(place: number): string {
    return `run-${place + 1}`;
}
