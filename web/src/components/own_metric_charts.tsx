import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { loss } from '../format';
import { own_metrics, own_name, own_value, type OwnMetric } from '../models/own_metrics';
import { smooth } from '../models/smoothing';
import type { Round } from '../protocol/run';
import { Chart, type Curve, type Props } from './chart';
import { loss_tick } from './ticks';

/** More have one chart, which switches. */
const most_charts = 4;

type Common = Omit<Props, 'test_id' | 'title' | 'curves' | 'format' | 'tick'>;

function curves_of(list: readonly Round[], metrics: readonly OwnMetric[], name: string, weight: number): Curve[] {
    return metrics
        .filter((metric) => own_name(metric) === name)
        .map((metric) => {
            const values = list.map((round) => own_value(round, metric));
            const kind = metric.startsWith('test') ? 'test' : 'train';
            return weight > 0
                ? { name: kind, colour: kind, values: smooth(values, weight), raw: values }
                : { name: kind, colour: kind, values };
        });
}

/** What trainers of one's own tell by round: a chart for each name. */
export function OwnMetricCharts({ list, weight, common }: { list: Round[]; weight: number; common: Common }) {
    const chosen = useSignal('');
    const metrics = useMemo(() => own_metrics(list), [list]);
    const names = [...new Set(metrics.map(own_name))].sort();
    const one = names.includes(chosen.value) ? chosen.value : names[0];
    if (one === undefined) {
        return null;
    }
    const shown = names.length > most_charts ? [one] : names;
    return (
        <>
            {names.length > most_charts && (
                <label class="check">
                    Metric of the trainer{' '}
                    <select
                        data-testid="own-metric"
                        value={one}
                        onChange={(event) => (chosen.value = event.currentTarget.value)}
                    >
                        {names.map((name) => (
                            <option key={name}>{name}</option>
                        ))}
                    </select>
                </label>
            )}
            <div class="chart-pair">
                {shown.map((name) => (
                    <Chart
                        key={name}
                        test_id={`chart-own-${name}`}
                        title={name}
                        curves={curves_of(list, metrics, name, weight)}
                        format={loss}
                        tick={loss_tick}
                        {...common}
                    />
                ))}
            </div>
        </>
    );
}
