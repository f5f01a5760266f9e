import { useMemo } from 'preact/hooks';
import { clock, count, fixed, loss, percent } from '../format';
import { x_values, type Metric } from '../models/curves';
import { marks_of } from '../models/marks';
import { smooth } from '../models/smoothing';
import type { Round } from '../protocol/run';
import { journal, journal_version } from '../past';
import { data, is_regression, log, rounds, status } from '../store';
import { Chart, type Curve } from './chart';
import { axis, ChartTools, is_log, set_zoom, smoothing, zoom } from './chart_tools';
import { OwnMetricCharts } from './own_metric_charts';
import { RoundsTable } from './rounds_table';
import { loss_tick, percent_steps, percent_tick, time_tick } from './ticks';

function curve(list: Round[], name: string, metric: Metric, weight: number): Curve {
    const values = list.map((round) => round[metric] ?? null);
    return weight > 0
        ? { name, colour: name, values: smooth(values, weight), raw: values }
        : { name, colour: name, values };
}

export function LearningCharts() {
    const list = rounds.value;
    const weight = smoothing.value;
    const by = axis.value;
    const x = useMemo(() => x_values(list, by), [list, by]);
    const regression = is_regression.value;
    const { results, explained, losses } = useMemo(() => {
        const of = (name: string, metric: Metric): Curve => curve(list, name, metric, weight);
        return {
            results: regression
                ? [
                      { ...of('test', 'test_rmse'), name: 'RMSE' },
                      { ...of('train', 'test_mae'), name: 'MAE' },
                  ]
                : [of('train', 'train_accuracy'), of('test', 'test_accuracy')],
            explained: regression ? [of('test', 'test_r2')] : [],
            losses: [of('train', 'train_loss'), of('test', 'test_loss')],
        };
    }, [list, weight, regression]);
    const changes = log.value.filter((event) => event.type === 'plan_changed');
    const restarts = (journal_version.value, journal.restarts);
    const marks = useMemo(() => {
        const found = marks_of(changes, restarts, journal.changes);
        return found.flatMap((mark) => {
            const at = x[list.findIndex(({ round }) => round === mark.round)];
            return at === undefined ? [] : [{ ...mark, x: at }];
        });
    }, [x, changes.length, restarts.length]);
    const common = {
        x,
        marks,
        whole_x: by === 'round',
        x_text: (value: number) => (by === 'round' ? `round ${value}` : `after ${clock(value)}`),
        x_tick: by === 'round' ? count : time_tick,
        zoom,
        on_zoom: set_zoom,
        sync: 'learning',
        empty: 'The curve starts with the first round.',
    };
    return (
        <section class="card" aria-labelledby="learning-title">
            <div class="card-head">
                <h2 id="learning-title">Learning</h2>
                <ChartTools x={x} />
            </div>
            <div class="chart-pair">
                {regression && (
                    <Chart
                        test_id="chart-error"
                        title={data.value === null ? 'Error' : `Error in ${data.value.label.name}`}
                        curves={results}
                        format={loss}
                        tick={loss_tick}
                        {...common}
                    />
                )}
                {regression ? (
                    <Chart
                        test_id="chart-r2"
                        title="R²"
                        curves={explained}
                        format={(value) => fixed(value, 3)}
                        tick={loss_tick}
                        {...common}
                    />
                ) : (
                    <Chart
                        test_id="chart-accuracy"
                        title="Accuracy"
                        curves={results}
                        target={status.value?.target_accuracy ?? null}
                        bounds={[0, 1]}
                        y_steps={percent_steps}
                        format={percent}
                        tick={percent_tick}
                        {...common}
                    />
                )}
                <Chart
                    test_id="chart-loss"
                    title="Loss"
                    curves={losses}
                    log={is_log.value}
                    format={loss}
                    tick={loss_tick}
                    {...common}
                />
            </div>
            <OwnMetricCharts list={list} weight={weight} common={common} />
            <RoundsTable />
        </section>
    );
}
