// Which runs are compared: in the address; without a choice the present one, the one before and the best.
import { computed } from '@preact/signals';
import { param, set_params } from '../route';
import { runs } from '../runs';
import { status } from '../store';

/** As many as there are colours. */
export const runs_limit = 8;
const nobody = 'none';

export const chosen_runs = computed((): string[] => {
    const chosen = param('runs');
    return chosen === ''
        ? first_choice()
        : chosen
              .split(',')
              .filter((run) => /^[0-9a-f]+$/.test(run))
              .slice(0, runs_limit);
});

function first_choice(): string[] {
    const known = status.value;
    const present = runs.value?.find((run) => run.run === known?.run);
    if (present === undefined) {
        return [];
    }
    const others = runs.value!.filter((run) => run !== present && run.plan === present.plan && run.rounds > 0);
    const score = (run: (typeof others)[number]): number =>
        run.best_test_accuracy ?? -(run.best_test_loss ?? run.last_test_loss ?? Infinity);
    const best = [...others].sort((a, b) => score(b) - score(a))[0];
    const all = [present.rounds > 0 ? present : undefined, others[0], best];
    return [...new Set(all.flatMap((run) => (run === undefined ? [] : [run.run])))];
}

export function choose_run(run: string, wanted: boolean): void {
    const others = chosen_runs.peek().filter((one) => one !== run);
    const next = wanted ? [...others, run] : others;
    set_params({ runs: next.length === 0 ? nobody : next.join(',') });
}

/** Name of the CSS variable with a run's colour. */
export function run_colour(place: number): string {
    return `run-${place + 1}`;
}
