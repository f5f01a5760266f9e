import { useMemo } from 'preact/hooks';
import { count, plural } from '../format';
import { nice_places } from '../models/nice_places';
import { bias, half_within, residuals, rows_of } from '../models/residuals';
import type { ValueHistogram } from '../protocol';
import { evaluation, rounds } from '../store';
import { Cells } from './confusion_matrix';
import { DataTable } from './data_table';
import { loss_tick } from './ticks';

const side = 408;
const margin = 60;
const below = 24;
const height = 150;

const short = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** What a regression predicts, against what is true. */
export function Values() {
    const result = evaluation.value;
    const histogram = result?.histogram;
    if (!histogram) {
        return rounds.value.length === 0 ? null : (
            <section class="card" aria-label="Predicted against true">
                <h2>Predicted against true</h2>
                <p class="hint" data-testid="no-values">
                    The tests so far say nothing of single predictions: there was none yet, a worker keeps its labels to itself, or the
                    plan does not standardise.
                </p>
            </section>
        );
    }
    return (
        <section class="card" aria-labelledby="values-title">
            <div class="card-head">
                <h2 id="values-title">
                    Predicted against true{' '}
                    <small>
                        round {result.round}, {plural(result.samples, 'test sample')}
                    </small>
                </h2>
            </div>
            <p data-testid="values-said">{said(histogram)}</p>
            <div class="classes">
                <Plot histogram={histogram} />
                <Residuals histogram={histogram} />
            </div>
        </section>
    );
}

function said(histogram: ValueHistogram): string {
    const near = half_within(histogram);
    const parts = [true, false].flatMap((from_top) => {
        const found = bias(histogram, from_top);
        return found ? [`too ${found.side < 0 ? 'low' : 'high'} ${from_top ? 'above' : 'below'} ${short(found.edge)}`] : [];
    });
    return (
        (near === null ? 'Less than half of the predictions are known to be near the truth' : `At least half of the predictions are within ${short(near)} of the truth`) +
        (parts.length > 0 ? `; it predicts ${parts.join(' and ')}.` : '; it is too high or too low at neither end.')
    );
}

function Plot({ histogram }: { histogram: ValueHistogram }) {
    const { bins, label, low, width } = histogram;
    const rows = useMemo(() => rows_of(histogram), [histogram]);
    const most = Math.max(...rows.flat());
    const cell = side / bins;
    const places = nice_places(low, low + bins * width, 5);
    const ticks = places.map((value) => [loss_tick(value, places[1]! - places[0]!), ((value - low) / width) * cell] as const);
    return (
        <div class="matrix">
            <svg
                viewBox={`0 0 ${side + margin} ${side + below}`}
                width={side + margin}
                role="img"
                aria-label={`Predicted ${label} against the true one; the table of residuals has its numbers`}
                data-testid="values"
            >
                <g transform={`translate(${margin} 0)`}>
                    <Cells
                        confusion={rows}
                        share={rows.map((row) => row.map((value) => value / most))}
                        cell={cell}
                        is_right={(row, column) => row + column === bins - 1}
                    />
                    <path class="matrix-pointed" d={`M0 ${side}L${side} 0`} />
                    {ticks.map(([text, at]) => (
                        <g key={text}>
                            <text class="matrix-name" x={-6} y={Math.min(side - 6, Math.max(6, side - at))}>
                                {text}
                            </text>
                            <text class="matrix-column" x={Math.min(side - 18, at)} y={side + 12}>
                                {text}
                            </text>
                        </g>
                    ))}
                </g>
            </svg>
            <p class="hint matrix-told">
                Across the true {label}, upwards the predicted one: on the line both are the same. Shades are shares of the fullest cell;
                cells at the edge hold what lies beyond.
            </p>
        </div>
    );
}

function Residuals({ histogram }: { histogram: ValueHistogram }) {
    const { label, width } = histogram;
    const bands = residuals(histogram);
    const most = Math.max(...bands.map(([, samples]) => samples));
    const bar = side / bands.length;
    const reach = (bands.length / 2) * width;
    const places = nice_places(-reach, reach, 5);
    return (
        <div class="matrix">
            <h3>Residuals</h3>
            <svg
                viewBox={`0 0 ${side} ${height + below}`}
                width={side}
                role="img"
                aria-label={`Residuals of ${label}; the table below has the numbers`}
                data-testid="residuals"
            >
                {bands.map(([off, samples], place) => (
                    <rect
                        key={off}
                        class={off === 0 ? 'matrix-right' : 'matrix-wrong'}
                        x={place * bar}
                        y={height * (1 - samples / most)}
                        width={bar - 1}
                        height={(height * samples) / most}
                    />
                ))}
                {places.map((value) => (
                    <text key={value} class="matrix-column" x={(value / reach / 2 + 0.5) * side} y={height + 12}>
                        {loss_tick(value, places[1]! - places[0]!)}
                    </text>
                ))}
            </svg>
            <p class="hint matrix-told">
                Predicted minus true {label}, counted from the cells: a bar is of those that are so many cells apart, give or take {short(width)}.
            </p>
            <DataTable
                summary="Numbers of the residuals"
                test_id="residuals-table"
                columns={['predicted − true', 'samples']}
                rows={() => bands.map(([off, samples]) => [short(off * width), count(samples)])}
            />
        </div>
    );
}
