// What a histogram of true and predicted values says. Its outer bins are open: how far a prediction is off is not known there.
import type { ValueHistogram } from '../protocol/run';

type Cells = ValueHistogram['cells'];

/** Samples by the prediction, the highest first, and in a row by the true value. */
export function rows_of({ bins, cells }: ValueHistogram): number[][] {
    const rows = Array.from({ length: bins }, () => Array<number>(bins).fill(0));
    for (const [truth, said, samples] of cells) {
        rows[bins - 1 - said]![truth] = samples;
    }
    return rows;
}

/** Shares of samples by how many bins the prediction stands above the true value, as far to both sides as there are some. */
export function residuals(cells: Cells): [number, number][] {
    const reach = Math.max(2, ...cells.map(([truth, said]) => Math.abs(said - truth)));
    return Array.from({ length: 2 * reach + 1 }, (_, place) => [
        place - reach,
        share(cells, (truth, said) => said - truth === place - reach),
    ]);
}

/** So near to the truth is half of the predictions at least; undefined: not even within the plot. */
export function half_within({ bins, width, cells }: ValueHistogram): number | undefined {
    const is_inside = (bin: number): boolean => bin > 0 && bin < bins - 1;
    // In bins that lie so far apart values may lie one width more.
    const near = [...Array(bins).keys()].find(
        (apart) => share(cells, (truth, said) => is_inside(truth) && is_inside(said) && Math.abs(said - truth) <= apart) >= 0.5,
    );
    return near === undefined ? near : (near + 1) * width;
}

/** From the highest true values down, or the lowest up: while predictions are a bin too low (-1) or too high (1) in the mean, and where that ends. */
export function bias({ bins, low, width, cells }: ValueHistogram, above: boolean): { side: number; edge: number } {
    const found = { side: 0, edge: 0 };
    for (let place = 0; place < bins; ++place) {
        const bin = above ? bins - 1 - place : place;
        const own = cells.filter(([truth]) => truth === bin);
        const count = sum(own, () => 1);
        const off = Math.trunc(sum(own, (truth, said) => said - truth) / count);
        // Two samples say nothing.
        if (count > 2) {
            if (off === 0 || found.side * off < 0) {
                break;
            }
            found.side = Math.sign(off);
            found.edge = low + width * (above ? bin : bin + 1);
        }
    }
    return found;
}

function sum(cells: Cells, value: (truth: number, said: number) => number): number {
    return cells.reduce((all, [truth, said, samples]) => all + value(truth, said) * samples, 0);
}

function share(cells: Cells, is_one: (truth: number, said: number) => boolean): number {
    return sum(cells, (truth, said) => Number(is_one(truth, said))) / sum(cells, () => 1);
}
