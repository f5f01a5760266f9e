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
    const accuracy = useMemo(
        () => [curve(list, 'train', 'train_accuracy', weight), curve(list, 'test', 'test_accuracy', weight)],
        [list, weight],
    );
    const explained = useMemo(() => [curve(list, 'test', 'test_r2', weight)], [list, weight]);
    const errors = useMemo(
        () => [
            { ...curve(list, 'test', 'test_rmse', weight), name: 'RMSE' },
            { ...curve(list, 'train', 'test_mae', weight), name: 'MAE' },
        ],
        [list, weight],
    );
    const losses = useMemo(
        () => [curve(list, 'train', 'train_loss', weight), curve(list, 'test', 'test_loss', weight)],
        [list, weight],
    );
    const changes = log.value.filter((event) => event.type === 'plan_changed');
    const restarts = (journal_version.value, journal.restarts);
    const marks = useMemo(() => {
        const place = new Map(list.map(({ round }, at) => [round, x[at]!]));
        return marks_of(changes, restarts, journal.changes).flatMap((mark) => {
            const at = place.get(mark.round);
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
                {is_regression.value && (
                    <Chart
                        test_id="chart-error"
                        title={data.value === null ? 'Error' : `Error in ${data.value.label.name}`}
                        curves={errors}
                        format={loss}
                        tick={loss_tick}
                        {...common}
                    />
                )}
                {is_regression.value ? (
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
                        curves={accuracy}
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
