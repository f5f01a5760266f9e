// Robust figures of small samples.

/** NaN of nothing. */
export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Median absolute deviation, scaled so that it is the standard deviation of a normal distribution. */
export function deviation(values: readonly number[]): number {
    const middle = median(values);
    return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}
