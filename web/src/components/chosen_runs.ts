// Which runs are compared: in the address; without a choice the one that is shown, the one before and the best.
import { computed } from '@preact/signals';
import { param, set_params } from '../route';
import { runs } from '../runs';
import type { Run } from '../protocol/history';
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

const score = (run: Run): number => run.best_test_accuracy ?? -(run.best_test_loss ?? run.last_test_loss ?? Infinity);
const better = (a: Run, b: Run): number => score(b) - score(a);

/** Without a run that is shown the best of the latest plan stand against each other. */
function first_choice(): string[] {
    const all = runs.value ?? [];
    const shown = all.find((run) => run.run === status.value?.run);
    const plan = shown?.plan ?? all[0]?.plan;
    const others = all.filter((run) => run !== shown && run.plan === plan && run.rounds > 0);
    const best = [...others].sort(better);
    const chosen = shown === undefined ? best.slice(0, 3) : [shown.rounds > 0 ? shown : undefined, others[0], best[0]];
    return [...new Set(chosen.flatMap((run) => (run === undefined ? [] : [run.run])))];
}

export function choose_run(run: string, wanted: boolean): void {
    choose_runs([run], wanted);
}

export function choose_runs(runs: readonly string[], wanted: boolean): void {
    const others = chosen_runs.peek().filter((one) => !runs.includes(one));
    const next = wanted ? [...others, ...runs].slice(0, runs_limit) : others;
    set_params({ runs: next.length === 0 ? nobody : next.join(',') });
}

/** Name of the CSS variable with a run's colour. */
export function run_colour(place: number): string {
    return `run-${place + 1}`;
}
