import { nice_places } from '../models/nice_places';
import { bias, half_within, residuals, rows_of } from '../models/residuals';
import type { ValueHistogram } from '../protocol/run';
import { Cells } from './confusion_matrix';
import { ShareBars } from './share_bars';

const side = 408;
/** For the numbers at the left, and for half of one at the right. */
const margin = 60;
const whole = side + margin + 16;

/** As exact as bins of this width are. */
function exact(value: number, width: number): string {
    return value.toLocaleString('en', { maximumFractionDigits: Math.min(20, Math.max(0, Math.ceil(1 - Math.log10(width)))) }).replace('-', '−');
}

/** What a regression predicts, against what is true: in words, as a picture and by how far it is off. */
export function Values({ histogram }: { histogram: ValueHistogram }) {
    const { bins, label, low, width } = histogram;
    const rows = rows_of(histogram);
    const most = Math.max(...rows.flat());
    const bands = residuals(histogram.cells);
    return (
        <>
            <p data-testid="values-said">{said(histogram)}</p>
            <div class="classes">
                <div class="matrix">
                    <svg
                        viewBox={`-${margin} -8 ${whole} ${whole - 36}`}
                        width={whole}
                        role="img"
                        aria-label="Predicted against true"
                        data-testid="values"
                    >
                        <Cells
                            confusion={rows}
                            share={rows.map((row) => row.map((value) => value / most))}
                            cell={side / bins}
                            is_right={(row, column) => row + column === bins - 1}
                        />
                        <path class="matrix-pointed" d={`M0 ${side}L${side} 0`} />
                        {nice_places(low, low + bins * width, 5).map((value) => {
                            const at = ((value - low) / width / bins) * side;
                            return (
                                <g key={value}>
                                    <text class="matrix-name" x={-6} y={side - at}>
                                        {exact(value, width)}
                                    </text>
                                    <text class="matrix-column" x={at} y={side + 12}>
                                        {exact(value, width)}
                                    </text>
                                </g>
                            );
                        })}
                    </svg>
                    <p class="hint matrix-told">
                        Across: true {label}, upwards: predicted. Cells at the edges hold what lies beyond.
                    </p>
                </div>
                <div>
                    <h3>Residuals</h3>
                    <p class="hint">Predicted minus true, counted by cells: each is known to within {exact(width, width)}.</p>
                    <div class="scroll class-scroll" tabIndex={0} role="region" aria-label="Residuals">
                        <ShareBars
                            shares={bands.map(([, share]) => share)}
                            names={bands.map(([off]) => exact(off * width, width))}
                            testid="residuals"
                        />
                    </div>
                </div>
            </div>
        </>
    );
}

function said(histogram: ValueHistogram): string {
    const near = half_within(histogram);
    const parts = [true, false].flatMap((above) => {
        const { side, edge } = bias(histogram, above);
        return side === 0 ? [] : [`too ${side < 0 ? 'low' : 'high'} ${above ? 'above' : 'below'} ${exact(edge, histogram.width)}`];
    });
    return [
        near === undefined ? 'Half of the samples lie beyond the plot' : `At least half of the predictions are within ${exact(near, histogram.width)} of the truth`,
        ...parts,
    ].join('; it predicts ') + '.';
}
