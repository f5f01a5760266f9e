import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { loss, percent } from '../format';
import { nice_places } from '../models/nice_places';
import { differences, sort_key } from '../models/sweeps';
import type { Run } from '../protocol';
import { param, set_params } from '../route';
import { plans } from '../run_plans';
import { chosen_runs, choose_run, run_colour } from './chosen_runs';

const width = 640;
const height = 240;
const margin = { left: 64, right: 16, top: 12, bottom: 36 };
/** Fewer say nothing about how one depends on the other. */
const fewest = 3;
/** Values that lie further apart than that are drawn by their logarithm. */
const log_from = 10;
/** Values of a key that are all named at the axis; of more only the ends and the middle. */
const most_named = 6;
const dot_size = 5;

interface Dot {
    run: Run;
    x: number;
    y: number;
}

/** How the result depends on a key of the plan: a dot a run. */
export function SweepScatter({ runs }: { runs: Run[] }) {
    const told = useSignal('');
    const known = plans.value;
    const keys = useMemo(() => numeric_keys(runs, known), [runs, known]);
    const key = keys.find(({ path }) => path === param('by')) ?? most_varied(keys);
    const is_share = runs.some((run) => run.best_test_accuracy !== null);
    const result = (run: Run): number | null | undefined => (is_share ? run.best_test_accuracy : run.best_test_loss);
    const text = is_share ? percent : loss;
    const dots = runs.flatMap((run): Dot[] => {
        const x = sort_key(key?.values.get(run.run));
        const y = result(run);
        return typeof x === 'number' && typeof y === 'number' ? [{ run, x, y }] : [];
    });
    if (key === undefined || dots.length < fewest) {
        return null;
    }
    const x = scale(dots.map((dot) => dot.x), margin.left, width - margin.right);
    const y = scale(dots.map((dot) => dot.y), height - margin.bottom, margin.top, false);
    const aside = side_by_side(dots.map((dot) => `${dot.x} ${Math.round(y.at(dot.y) / dot_size)}`));
    const chosen = chosen_runs.value;
    return (
        <figure class="sweep" aria-label="Results by a key of the plan">
            <div class="card-head">
                <h3>{is_share ? 'Best accuracy' : 'Best loss'} by</h3>
                <select
                    data-testid="sweep-key"
                    aria-label="Key of the plan"
                    value={key.path}
                    onChange={(event) => set_params({ by: event.currentTarget.value })}
                >
                    {keys.map(({ path, title }) => (
                        <option key={path} value={path}>
                            {title}
                        </option>
                    ))}
                </select>
            </div>
            <svg
                viewBox={`0 0 ${width} ${height}`}
                role="img"
                data-testid="sweep"
                data-runs={dots.length}
                aria-label={`${dots.length} runs by ${key.path}; the table above has the numbers`}
                onPointerLeave={() => {
                    told.value = '';
                }}
            >
                {y.ticks.map((value) => (
                    <g key={value}>
                        <line class="stream-grid" x1={margin.left} x2={width - margin.right} y1={y.at(value)} y2={y.at(value)} />
                        <text class="axis-text axis-text-y" x={margin.left - 8} y={y.at(value)}>
                            {text(value)}
                        </text>
                    </g>
                ))}
                {x.ticks.map((value) => (
                    <text key={value} class="axis-text" x={x.at(value)} y={height - margin.bottom + 18}>
                        {Number(value.toPrecision(3))}
                    </text>
                ))}
                {dots.map(({ run, x: at_x, y: at_y }, dot) => {
                    const place = chosen.indexOf(run.run);
                    return (
                        <circle
                            key={run.run}
                            class={place < 0 ? 'sweep-dot' : `fill-${run_colour(place)}`}
                            cx={x.at(at_x) + aside[dot]!}
                            cy={y.at(at_y)}
                            r={place < 0 ? dot_size : dot_size + 2}
                            onPointerEnter={() => {
                                told.value = `${run.plan} ${run.run.slice(0, 8)}: ${key.title} ${at_x}, ${text(at_y)}`;
                            }}
                            onClick={() => choose_run(run.run, place < 0)}
                        />
                    );
                })}
            </svg>
            <figcaption class="hint one-line">
                {told.value || 'Point at a run to read it, click to compare it. Large dots are those compared.'}
            </figcaption>
        </figure>
    );
}

/** Keys that are numbers in all plans that have them. */
function numeric_keys(runs: readonly Run[], known: ReadonlyMap<string, unknown>) {
    return differences(runs, known).filter(({ values }) =>
        [...values.values()].every((value) => value === null || typeof sort_key(value) === 'number'),
    );
}

/** The one with most values: it says most. Seeds vary in every sweep, and say least. */
function most_varied(keys: ReturnType<typeof numeric_keys>) {
    const values = (key: (typeof keys)[number]): number => (key.path === 'seed' ? 0 : new Set(key.values.values()).size);
    return [...keys].sort((a, b) => values(b) - values(a))[0];
}

/** How far each dot moves aside so that none covers another of its place. */
function side_by_side(dots: readonly string[]): number[] {
    return dots.map((own, place) => {
        const before = dots.slice(0, place).filter((other) => other === own).length;
        const all = dots.filter((other) => other === own).length;
        return dot_size * (2 * before - all + 1);
    });
}

/** A linear scale, or a logarithmic one of keys whose values lie far apart, with places to name. */
function scale(values: readonly number[], from: number, to: number, may_be_log = true) {
    const least = Math.min(...values);
    const most = Math.max(...values);
    const distinct = [...new Set(values)];
    const is_log = may_be_log && least > 0 && most / least >= log_from;
    const into = (value: number): number => (is_log ? Math.log(value) : value);
    const back = (value: number): number => (is_log ? Math.exp(value) : value);
    const room = (into(most) - into(least)) * 0.06 || 1;
    const low = into(least) - room;
    const high = into(most) + room;
    return {
        at: (value: number): number => from + ((into(value) - low) / (high - low)) * (to - from),
        ticks: !may_be_log
            ? nice_places(low, high)
            : distinct.length <= most_named
              ? distinct
              : [least, back((into(least) + into(most)) / 2), most],
    };
}
