import { computed, signal } from '@preact/signals';
import type { AlignedData } from 'uplot';
import { loss, percent } from '../format';
import type { Round } from '../protocol';
import { is_regression, rounds, status } from '../store';
import { Chart } from './chart';
import { RoundsTable } from './rounds_table';

function curves(train: keyof Round, test: keyof Round) {
    return computed((): AlignedData => {
        const list = rounds.value;
        const numbers = (field: keyof Round) => list.map((round) => round[field] as number | null);
        return [list.map((round) => round.round), numbers(train), numbers(test)];
    });
}

const accuracy = curves('train_accuracy', 'test_accuracy');
const losses = curves('train_loss', 'test_loss');
const hovered = signal<number | null>(null);

const percent_tick = (value: number, step: number): string =>
    `${(value * 100).toFixed(step < 0.01 ? 1 : 0)}%`;
const loss_tick = (value: number, step: number): string =>
    Math.abs(value) >= 1e4
        ? value.toExponential(1)
        : value.toFixed(step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step))));

export function Charts() {
    const target = status.value?.target_accuracy ?? null;
    return (
        <section class="card charts" aria-label="Results by round">
            <div class="chart-pair">
                {is_regression.value ? (
                    <div class="chart" data-testid="chart-accuracy">
                        <h2>Accuracy</h2>
                        <div class="plot">
                            <p class="plot-hint">
                                This plan is a regression: it has a loss, and no accuracy.
                            </p>
                        </div>
                    </div>
                ) : (
                    <Chart
                        test_id="chart-accuracy"
                        title="Accuracy"
                        data={accuracy.value}
                        target={target}
                        bounds={[0, 1]}
                        format={percent}
                        tick={percent_tick}
                        hovered={hovered}
                    />
                )}
                <Chart
                    test_id="chart-loss"
                    title="Loss"
                    data={losses.value}
                    target={null}
                    bounds={[-Infinity, Infinity]}
                    format={loss}
                    tick={loss_tick}
                    hovered={hovered}
                />
            </div>
            <RoundsTable />
        </section>
    );
}
