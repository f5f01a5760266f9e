import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { parallel_axes } from '../models/parallel';
import { axis_name, measure_of, type RunResult } from '../models/run_results';
import { differences } from '../models/sweeps';
import type { Run } from '../protocol/history';
import { param } from '../route';
import { plans } from '../run_plans';
import { choose_run, chosen_runs, run_colour } from './chosen_runs';
import { Told } from './told';

const width = 700;
const height = 260;
const margin = { x: 64, top: 40, bottom: 24 };
const fewest_runs = 3;
const fewest_keys = 2;
const most_keys = 7;

/** All keys of the plan that were varied, and what came of them: a line a run. */
export function Parallel({ runs, results }: { runs: readonly Run[]; results: readonly RunResult[] }) {
    const told = useSignal('');
    const known = plans.value!;
    const measure = measure_of(runs, results, param('measure'));
    const result = (run: Run): number | null => measure?.of(run) ?? null;
    const shown = runs.filter((run) => result(run) !== null && (known.get(run.run) ?? null) !== null);
    // Not those that only the others differ in.
    const found = useMemo(() => differences(shown, known).slice(0, most_keys), [shown.map(({ run }) => run).join(), known]);
    if (measure === undefined || shown.length < fewest_runs || found.length < fewest_keys) {
        return null;
    }
    const { text, rises } = measure;
    const axes = [
        ...found.map(({ title, values }) => parallel_axis_of(title, shown, (run) => values.get(run.run) ?? null)),
        parallel_axes(axis_name(measure), shown.map((run) => ({ key: run.run, value: String(result(run)!) })), text),
    ];
    const x = (place: number): number => margin.x + (place * (width - 2 * margin.x)) / (axes.length - 1);
    const y = (share: number): number => height - margin.bottom - share * (height - margin.top - margin.bottom);
    const chosen = chosen_runs.value;
    const order = [...shown].sort((a, b) => (result(a)! - result(b)!) * (rises === false ? -1 : 1));
    return (
        <figure class="sweep" aria-label="Runs by all keys that differ">
            <div class="card-head">
                <h3>All keys that differ</h3>
            </div>
            <div class="scroll" tabIndex={0} role="region" aria-label="Runs by all keys">
            <svg viewBox={`0 0 ${width} ${height}`} role="img" data-testid="parallel" data-runs={shown.length} aria-label={`${shown.length} runs by ${found.length} keys; the table above has the numbers`}>
                {axes.map((axis, place) => (
                    <g key={place}>
                        <line class="stream-grid" x1={x(place)} x2={x(place)} y1={y(0)} y2={y(1)} />
                        <text class="axis-text axis-title" x={x(place)} y={margin.top - 22}>
                            {axis.title}
                        </text>
                    </g>
                ))}
                {order.map((run, rank) => {
                    const place = chosen.indexOf(run.run);
                    const points = axes.map((axis, at) => `${x(at)},${y(axis.at(run.run)).toFixed(1)}`).join(' ');
                    return (
                        <polyline
                            key={run.run}
                            class={place < 0 ? 'parallel-run' : `parallel-chosen line-${run_colour(place)}`}
                            points={points}
                            // Of hundreds each is fainter, so that their bundles are seen.
                            stroke-opacity={place < 0 ? ((0.15 + (0.65 * rank) / Math.max(1, order.length - 1)) * Math.min(1, 40 / order.length) ** 0.5).toFixed(2) : 1}
                            onPointerEnter={() => {
                                told.value = `${run.labels?.name || run.plan} ${run.run.slice(0, 8)}: ${found.map(({ title, values }) => `${title} ${values.get(run.run) ?? '–'}`).join(', ')}: ${text(result(run))}`;
                            }}
                            onClick={() => choose_run(run.run, place < 0)}
                        />
                    );
                })}
                {axes.map((axis, place) =>
                    axis.ticks.map(({ share, name }) => (
                        <text
                            key={`${place} ${name}`}
                            class="axis-text axis-text-y parallel-name"
                            // Outside of the last axis there are no lines.
                            x={x(place) + (place < found.length ? -6 : 56)}
                            y={y(share)}
                        >
                            {name}
                        </text>
                    )),
                )}
            </svg>
            </div>
            <Told told={told} otherwise="A line is a run, the stronger the better. Point at one to read it, click to compare it." />
        </figure>
    );
}

function parallel_axis_of(title: string, runs: readonly Run[], value: (run: Run) => string | null) {
    return parallel_axes(title, runs.map((run) => ({ key: run.run, value: value(run) })));
}
