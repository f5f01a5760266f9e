// What a histogram of true and predicted values says. Its outer bins are open: how far a prediction is off is not known there.
import type { ValueHistogram } from '../protocol';

/** Fewer samples of a bin say nothing of a bias. */
const fewest = 3;

/** Samples by the prediction, the highest first, and in a row by the true value. */
export function rows_of({ bins, cells }: ValueHistogram): number[][] {
    const rows = Array.from({ length: bins }, () => Array<number>(bins).fill(0));
    for (const [truth, said, samples] of cells) {
        rows[bins - 1 - said]![truth] = samples;
    }
    return rows;
}

/** Samples by how many bins the prediction stands above the true value, as far to both sides as there are some. */
export function residuals({ cells }: ValueHistogram): [number, number][] {
    const reach = Math.max(2, ...cells.map(([truth, said]) => Math.abs(said - truth)));
    const bands = Array.from({ length: 2 * reach + 1 }, (_, place): [number, number] => [place - reach, 0]);
    for (const [truth, said, samples] of cells) {
        bands[said - truth + reach]![1] += samples;
    }
    return bands;
}

/** So near to the truth is half of the predictions at least; null: not even within the plot. */
export function half_within({ bins, width, cells }: ValueHistogram): number | null {
    const near = Array<number>(bins).fill(0);
    let all = 0;
    for (const [truth, said, samples] of cells) {
        all += samples;
        if (Math.min(truth, said) > 0 && Math.max(truth, said) < bins - 1) {
            near[Math.abs(said - truth)]! += samples;
        }
    }
    let sum = 0;
    const band = near.findIndex((samples) => (sum += samples) >= all / 2);
    // Of two neighbouring bins values may lie up to two widths apart.
    return band < 0 ? null : (band + 1) * width;
}

/** From the highest true values down, or the lowest up: while predictions are a bin too low or too high in the mean, and where that ends. */
export function bias({ bins, low, width, cells }: ValueHistogram, from_top: boolean): { side: number; edge: number } | null {
    let side = 0;
    let edge = 0;
    for (let place = 0; place < bins; ++place) {
        const bin = from_top ? bins - 1 - place : place;
        let [sum, count] = [0, 0];
        for (const [truth, said, samples] of cells) {
            if (truth === bin) {
                sum += (said - truth) * samples;
                count += samples;
            }
        }
        if (count < fewest) {
            continue;
        }
        const off = Math.sign(Math.trunc(sum / count));
        if (off === 0 || (side !== 0 && off !== side)) {
            break;
        }
        side = off;
        edge = low + width * (from_top ? bin : bin + 1);
    }
    return side === 0 ? null : { side, edge };
}
