// Exponential smoothing whose start is not pulled towards zero, as in TensorBoard.

type Values = readonly (number | null)[];

/** weight is in [0, 1); 0 gives the values as they are. Gaps stay gaps. */
export function smooth(values: Values, weight: number): (number | null)[] {
    let sum = 0;
    let total = 0;
    return values.map((value) => {
        if (value === null) {
            return null;
        }
        sum = sum * weight + value * (1 - weight);
        total = total * weight + (1 - weight);
        return sum / total;
    });
}
