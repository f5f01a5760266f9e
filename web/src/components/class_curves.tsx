import { useMemo } from 'preact/hooks';
import { percent } from '../format';
import { param, set_params } from '../route';
import { rounds } from '../store';
import { Chart } from './chart';
import { run_colour } from './chosen_runs';
import { percent_steps, percent_tick } from './ticks';

/** As many as can be told apart; without a choice those that are recognised least. */
const most_curves = 8;
const first_curves = 5;

/** Which classes have a curve: in the address, else the worst. */
export function curve_classes(last: readonly (number | null)[]): number[] {
    const chosen = param('classes');
    if (chosen !== '') {
        return chosen.split(',').map(Number).filter((label) => label in last).slice(0, most_curves);
    }
    const known = last.flatMap((share, label) => (share === null ? [] : [{ share, label }]));
    return known.sort((a, b) => a.share - b.share).slice(0, first_curves).map(({ label }) => label);
}

export function choose_class(label: number, shown: readonly number[]): void {
    const next = shown.includes(label) ? shown.filter((one) => one !== label) : [...shown, label];
    set_params({ classes: next.join(',') });
}

/** How well classes were recognised, round by round. */
export function ClassCurves({ names }: { names: readonly string[] }) {
    const tested = rounds.value.filter((round) => Array.isArray(round.test_recall));
    const shown = curve_classes(tested.at(-1)?.test_recall ?? []);
    const key = shown.join(',');
    const x = useMemo(() => tested.map(({ round }) => round), [tested.length, tested.at(-1)]);
    const curves = useMemo(
        () =>
            shown.map((label, place) => ({
                name: names[label] ?? String(label),
                colour: run_colour(place),
                dashed: place % 2 === 1,
                values: tested.map((round) => round.test_recall?.[label] ?? null),
            })),
        [x, key, names],
    );
    if (tested.length < 2) {
        return null;
    }
    return (
        <div class="class-curves">
            <Chart
                test_id="chart-classes"
                title="Recall by class"
                x={x}
                whole_x
                curves={curves}
                x_text={(value) => `round ${value}`}
                x_tick={String}
                bounds={[0, 1]}
                y_steps={percent_steps}
                format={percent}
                tick={percent_tick}
                empty="The curves start with the first test."
                small
            />
            <ul class="chips" aria-label="Classes with a curve">
                <li class="hint">Curves of</li>
                {(tested.at(-1)!.test_recall ?? []).map((_, label) => (
                    <li key={label}>
                        <button
                            type="button"
                            class="chip"
                            data-testid="class-chip"
                            aria-pressed={shown.includes(label)}
                            disabled={!shown.includes(label) && shown.length >= most_curves}
                            onClick={() => choose_class(label, shown)}
                        >
                            {names[label] ?? label}
                        </button>
                    </li>
                ))}
            </ul>
        </div>
    );
}
