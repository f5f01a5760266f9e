import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { count, missing, percent, plural } from '../format';
import { explained } from '../models/explained';
import { nice_places } from '../models/nice_places';
import { parallel_axes } from '../models/parallel';
import { measure_of, result_name, type RunResult } from '../models/run_results';
import { differences } from '../models/sweeps';
import type { Run } from '../protocol/history';
import { param, set_params } from '../route';
import { plans } from '../run_plans';
import { chosen_runs, choose_run, run_colour } from './chosen_runs';
import { Told } from './told';

const width = 640;
const height = 240;
const margin = { left: 72, right: 16, top: 12, bottom: 36 };
/** Fewer say nothing about how one depends on the other. */
const fewest = 3;
/** Keys whose part is told in words. */
const most_told = 4;
/** Pixels; the more runs, the smaller. */
const size_of = (runs: number): number => (runs > 300 ? 2.5 : runs > 100 ? 3.5 : 5);
/** Between the ends of the axis and the outermost values. */
const room = 36;

/** How the result depends on a key of the plan: a dot a run. */
export function SweepScatter({ runs, results }: { runs: readonly Run[]; results: readonly RunResult[] }) {
    const told = useSignal('');
    const known = plans.value!;
    const measure = measure_of(runs, results, param('measure'));
    const of = (run: Run): number | null => measure?.of(run) ?? null;
    const dots = runs.filter((run) => of(run) !== null && (known.get(run.run) ?? null) !== null);
    const keys = useMemo(() => by_weight(dots, known, of), [dots.map((run) => `${run.run} ${of(run)}`).join(), known]);
    const key = keys.find(({ path }) => path === param('by')) ?? keys[0];
    if (measure === undefined || key === undefined || dots.length < fewest) {
        return null;
    }
    const { text } = measure;
    const value_of = (run: Run): string | null => key.values.get(run.run) ?? null;
    const axis = parallel_axes(key.title, dots.map((run) => ({ key: run.run, value: value_of(run) })));
    const x = (share: number): number => margin.left + room + share * (width - margin.left - margin.right - 2 * room);
    const y = vertical(dots.map((run) => of(run)!));
    const size = size_of(dots.length);
    const places = side_by_side(dots.map((run) => [x(axis.at(run.run)), y.at(of(run)!)]), size);
    const chosen = chosen_runs.value;
    return (
        <figure class="sweep" aria-label="Results by a key of the plan">
            <div class="card-head">
                <h3>
                    <select
                        data-testid="sweep-measure"
                        aria-label="Result"
                        value={measure.key}
                        onChange={(event) => set_params({ measure: event.currentTarget.value })}
                    >
                        {results.map((one) => (
                            <option key={one.key} value={one.key}>
                                {result_name(one)}
                            </option>
                        ))}
                    </select>{' '}
                    by
                </h3>
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
            <p class="hint explained" data-testid="explained">
                {sentence(keys)}
                {dots.length < runs.length && ` ${count(dots.length)} of ${plural(runs.length, 'run')} have this result.`}
            </p>
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
                {axis.ticks.map(({ share, name }) => (
                    <text key={share} class="axis-text" x={x(share)} y={height - margin.bottom + 18}>
                        {name}
                    </text>
                ))}
                {in_front(dots, chosen).map((run) => {
                    const place = chosen.indexOf(run.run);
                    const dot = dots.indexOf(run);
                    return (
                        <circle
                            key={run.run}
                            data-run={run.run}
                            class={place < 0 ? 'sweep-dot' : `fill-${run_colour(place)}`}
                            cx={places[dot]![0]}
                            cy={places[dot]![1]}
                            r={place < 0 ? size : size + 2}
                            onPointerEnter={() => {
                                told.value = `${run.labels?.name || run.plan} ${run.run.slice(0, 8)}: ${key.title} ${value_of(run) ?? missing}, ${text(of(run))}`;
                            }}
                            onClick={() => choose_run(run.run, place < 0)}
                        />
                    );
                })}
            </svg>
            <Told told={told} otherwise="Point at a run to read it, click to compare it. Large dots are those compared." />
        </figure>
    );
}

/** What is compared lies upon the others. */
function in_front(runs: readonly Run[], chosen: readonly string[]): Run[] {
    const is_chosen = ({ run }: Run): boolean => chosen.includes(run);
    return [...runs.filter((run) => !is_chosen(run)), ...runs.filter(is_chosen)];
}

/** What explains most of the results comes first; the seed varies in every sweep, and comes last. */
function by_weight(runs: readonly Run[], known: ReadonlyMap<string, unknown>, of: (run: Run) => number | null) {
    const results = runs.map((run) => of(run)!);
    return differences(runs, known)
        .map((one) => ({ ...one, part: explained(runs.map((run) => one.values.get(run.run) ?? null), results) }))
        .sort((a, b) => Number(a.path === 'seed') - Number(b.path === 'seed') || (b.part ?? -1) - (a.part ?? -1));
}

function sentence(keys: ReturnType<typeof by_weight>): string {
    const parts = keys.flatMap(({ title, part }) => (part === null ? [] : [`${title} ${percent(part, 0)}`]));
    return parts.length === 0 ? '' : `Variance that each key explains alone: ${parts.slice(0, most_told).join(', ')}.`;
}

/** Each as near to its place as the dots before it let it, to the left or the right; where there is no room, upon them. */
function side_by_side(wanted: readonly [number, number][], size: number): [number, number][] {
    const set: [number, number][] = [];
    for (const [x, y] of wanted) {
        const near = set.filter((other) => Math.abs(other[1] - y) < 2 * size);
        const aside = asides.find((by) => near.every((other) => Math.hypot(other[0] - x - by * size, other[1] - y) >= 2 * size));
        set.push([x + (aside ?? asides[set.length % asides.length]!) * size, y]);
    }
    return set;
}

/** 0, 1, -1, 2, -2 and so on, as far as the room between two values. */
const asides = Array.from({ length: 17 }, (_, step) => Math.ceil(step / 2) * (step % 2 === 0 ? -1 : 1));

/** A linear scale from bottom to top, with places to name. */
function vertical(values: readonly number[]) {
    const least = Math.min(...values);
    const most = Math.max(...values);
    const beyond = (most - least) * 0.06 || 1;
    const [low, high] = [least - beyond, most + beyond];
    const [from, to] = [height - margin.bottom, margin.top];
    return { at: (value: number): number => from + ((value - low) / (high - low)) * (to - from), ticks: nice_places(low, high) };
}
