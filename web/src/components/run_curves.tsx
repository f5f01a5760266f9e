import { useMemo } from 'preact/hooks';
import { clock, loss, missing, percent } from '../format';
import { csv } from '../models/csv';
import { align, x_values, type Metric } from '../models/curves';
import { own_metrics, own_name, own_value, type OwnMetric } from '../models/own_metrics';
import { smooth } from '../models/smoothing';
import { differences } from '../models/sweeps';
import type { Run } from '../protocol/history';
import type { Round } from '../protocol/run';
import { param, set_params } from '../route';
import { plans } from '../run_plans';
import { loaded, runs } from '../runs';
import { Chart } from './chart';
import { axis, ChartTools, is_log, set_zoom, smoothing, zoom } from './chart_tools';
import { chosen_runs, run_colour } from './chosen_runs';
import { DataTable } from './data_table';
import { loss_tick, percent_steps, percent_tick, time_tick } from './ticks';

const usual: [Metric, string][] = [
    ['test_accuracy', 'Test accuracy'],
    ['test_rmse', 'RMSE'],
    ['test_r2', 'R²'],
    ['test_loss', 'Test loss'],
    ['train_accuracy', 'Train accuracy'],
    ['train_loss', 'Train loss'],
    ['test_auc', 'AUC'],
];

/** Letters of a name. */
const longest = 40;
/** More rows are a burden to the browser. */
const row_limit = 500;
/** Keys in a curve's name. */
const most_told = 3;

type Shown = Metric | OwnMetric;

function value_of(round: Round, name: Shown): number | null {
    return name.includes('.') ? own_value(round, name as OwnMetric) : (round[name as Metric] ?? null);
}

/** What people call them, or what tells runs of one plan apart. */
function names_of(chosen: readonly string[], list: readonly Run[], planned: ReadonlyMap<string, unknown>): string[] {
    const found = chosen.map((run) => list.find((one) => one.run === run));
    const known = found.filter((run) => run !== undefined);
    const varied = new Set(known.map(({ plan }) => plan)).size > 1 ? [] : differences(known, planned).slice(0, most_told);
    return found.map(
        (run) =>
            // A number is never cut: it would be another.
            run?.labels?.name.slice(0, longest) ||
            varied.map(({ title, values }) => `${title}=${values.get(run?.run ?? '') ?? missing}`).join(' ') ||
            (run?.plan ?? 'run').slice(0, longest),
    );
}

/** One number of several runs over each other. */
export function RunCurves() {
    const chosen = chosen_runs.value;
    const by = axis.value;
    const weight = smoothing.value;
    const known = loaded.value;
    // Of regressions there is no accuracy: the first number that these runs have.
    const has = (name: Shown): boolean =>
        chosen.some((run) => known.get(run)?.rounds.some((round) => value_of(round, name) !== null));
    const own = useMemo(
        () => own_metrics(chosen.flatMap((run) => known.get(run)?.rounds ?? [])),
        [chosen.join(' '), known],
    );
    const metrics: [Shown, string][] = [
        ...usual,
        ...own.map((name): [Shown, string] => [name, `${own_name(name)} (${name.startsWith('test') ? 'test' : 'train'})`]),
    ];
    const metric = metrics.find(([name]) => name === param('metric')) ?? metrics.find(([name]) => has(name)) ?? metrics[0]!;
    const is_usual = !metric[0].includes('.');
    const is_share = is_usual && (metric[0].endsWith('accuracy') || metric[0] === 'test_auc');
    const has_log = is_usual && (metric[0].endsWith('loss') || metric[0] === 'test_rmse');
    const list = runs.value;
    const planned = plans.value;
    const { x, curves } = useMemo(() => {
        const columns = chosen.map((run) => {
            const list = known.get(run)?.rounds ?? [];
            const values = list.map((round) => value_of(round, metric[0]));
            return { x: x_values(list, by), y: smooth(values, weight) };
        });
        const aligned = align(columns);
        const names = names_of(chosen, list ?? [], planned ?? new Map());
        return {
            x: aligned.x,
            curves: chosen.map((run, place) => ({
                name: `${names[place]} ${run.slice(0, 6)}`,
                colour: run_colour(place),
                dashed: place % 2 === 1,
                values: aligned.y[place]!,
            })),
        };
    }, [chosen.join(' '), known, list, planned, by, weight, metric[0]]);
    const text = is_share ? percent : loss;
    return (
        <>
            <div class="tools">
                <label class="check">
                    <span class="hidden">Number</span>
                    <select
                        data-testid="metric"
                        value={metric[0]}
                        onChange={(event) => set_params({ metric: event.currentTarget.value })}
                    >
                        {metrics.map(([name, title]) => (
                            <option key={name} value={name}>
                                {title}
                            </option>
                        ))}
                    </select>
                </label>
                <ChartTools x={x} has_log={has_log} />
            </div>
            <Chart
                test_id="chart-runs"
                title={metric[1]}
                x={x}
                whole_x={by === 'round'}
                curves={curves}
                x_text={(value) => (by === 'round' ? `round ${value}` : `after ${clock(value)}`)}
                x_tick={by === 'round' ? String : time_tick}
                format={text}
                tick={is_share ? percent_tick : loss_tick}
                bounds={is_share ? [0, 1] : [-Infinity, Infinity]}
                {...(is_share ? { y_steps: percent_steps } : {})}
                log={has_log && is_log.value}
                zoom={zoom}
                on_zoom={set_zoom}
                empty={chosen.every((run) => known.has(run)) ? 'No round of these runs has this number.' : 'Reading the rounds…'}
            />
            <DataTable
                summary={weight > 0 ? 'Numbers of these runs, smoothed' : 'Numbers of these runs'}
                columns={[by, ...curves.map((curve) => curve.name)]}
                whole_csv={() =>
                    csv([by, ...curves.map((curve) => curve.name)], x.map((value, place) => [value, ...curves.map(({ values }) => values[place] ?? null)]))
                }
                rows={() =>
                    x
                        .slice(-row_limit)
                        .map((value, place) => [
                            by === 'round' ? value : clock(value),
                            ...curves.map(({ values }) => text(values[Math.max(0, x.length - row_limit) + place])),
                        ])
                }
            >
                {x.length > row_limit && <p class="hint">These are the last {row_limit}; the CSV has all.</p>}
            </DataTable>
        </>
    );
}
