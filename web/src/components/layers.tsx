import { useMemo } from 'preact/hooks';
import { loss, plural } from '../format';
import { journal, journal_version, reading } from '../past';
import { opened, rounds as rounds_done, state } from '../store';
import { Chart } from './chart';
import { run_colour } from './chosen_runs';
import { DataTable } from './data_table';
import { LayerValues } from './layer_values';
import { loss_tick } from './ticks';

/** As many arrays as can be told apart have curves; kernels before biases. */
const most_curves = 8;

/** What rounds do to each array of the model: how long its step is beside its weights, and which units never move. */
export function Layers() {
    void journal_version.value;
    const rounds = [...journal.layers.entries()];
    const last = rounds.at(-1)?.[1] ?? [];
    const shown = [...last].sort((a, b) => Number(a.units === 0) - Number(b.units === 0)).slice(0, most_curves);
    const key = shown.map(({ name }) => name).join();
    const made = useMemo(() => {
        const curves = (of: (one: (typeof last)[number]) => number | null) =>
            shown.map(({ name }, place) => ({
                name: short(name),
                colour: run_colour(place),
                dashed: name.endsWith('bias'),
                values: rounds.map(([, arrays]) => {
                    const one = arrays.find((other) => other.name === name);
                    return one === undefined ? null : of(one);
                }),
            }));
        return {
            x: rounds.map(([round]) => round),
            steps: curves(({ update, weights }) => (update !== null && weights ? update / weights : null)),
            norms: curves(({ weights }) => weights),
        };
    }, [journal, rounds.length, rounds.at(-1)?.[0], key]);
    if (rounds.length === 0) {
        return has_model() ? (
            <section class="card" aria-labelledby="layers-title">
                <div class="card-head">
                    <h2 id="layers-title">Layers</h2>
                </div>
                <LayerValues names={[]} />
            </section>
        ) : null;
    }
    const dead = last.filter(({ still }) => still > 0);
    const common = {
        x: made.x,
        whole_x: true,
        x_text: (value: number) => `round ${value}`,
        x_tick: String,
        empty: 'The curves start with the first round.',
        small: true,
    };
    return (
        <section class="card" aria-labelledby="layers-title">
            <div class="card-head">
                <h2 id="layers-title">
                    Layers{' '}
                    <small data-testid="still">
                        {dead.length === 0
                            ? 'every unit was moved in the last round'
                            : `no client moved ${dead.map(({ name, still, units }) => `${still} of ${units} units in ${short(name)}`).join(', ')} in the last round`}
                    </small>
                </h2>
            </div>
            <div class="chart-pair">
                <Chart test_id="chart-steps" title="Step, as a share of the weights" curves={made.steps} log format={(value) => (value == null ? '–' : value.toPrecision(2))} tick={loss_tick} {...common} />
                <Chart test_id="chart-norms" title="Length of the weights" curves={made.norms} format={loss} tick={loss_tick} {...common} />
            </div>
            <LayerValues names={last.map(({ name }) => name)} />
            <DataTable
                summary={`Numbers of ${plural(last.length, 'array')}`}
                test_id="layers-table"
                columns={['array', 'units', 'still', 'weights', 'step']}
                rows={() => last.map(({ name, units, still, weights, update }) => [name, units || '–', units > 0 ? still : '–', loss(weights), loss(update)])}
            />
        </section>
    );
}

/** Without a round of this process that was measured, there may be a model whose values can be looked at. */
function has_model(): boolean {
    return !reading.value && (opened.value !== null || (rounds_done.value.length > 0 && !state.value!.training));
}

export const short = (name: string): string => name.replace(/\.kernel$/, '');
