// How the values of an array are spread, as what is drawn of it.

/** Of the master: `models/…/arrays/N/histogram`. */
export interface Counted {
    /** Of a saved model its file may not tell. */
    run: string | null;
    round: number | null;
    name: string;
    dims: number[];
    values: number;
    not_finite: number;
    zeros: number;
    minimum: number | null;
    maximum: number | null;
    mean: number | null;
    deviation: number | null;
    low: number | null;
    /** Of a bin; 0: all values are the same. */
    width: number | null;
    bins: number[];
    /** Values beyond the bins. */
    below: number;
    above: number;
    /** Names of all arrays. */
    arrays: string[];
}

/** Three digits tell a weight from its neighbours. */
export function short_number(value: number | null): string {
    return value === null ? '–' : Number(value.toPrecision(3)).toString().replace('-', '−');
}

/** Heights from 0 to 1, on a scale on which ten times as many are a step more; one value is seen. */
export function heights(bins: readonly number[]): number[] {
    const most = Math.log1p(Math.max(1, ...bins));
    return bins.map((values) => Math.log1p(values) / most);
}

/** Counts with a line, and how high it is: powers of ten that are not too near to each other. */
export function lines(bins: readonly number[]): { values: number; at: number }[] {
    const most = Math.max(1, ...bins);
    const powers = Math.floor(Math.log10(most));
    const step = Math.max(1, Math.ceil(powers / 5));
    return Array.from({ length: Math.floor(powers / step) + 1 }, (_, place) => {
        const values = 10 ** (place * step);
        return { values, at: Math.log1p(values) / Math.log1p(most) };
    });
}

/** What stands beside the bars, the odd things last. */
export function facts(of: Counted): string[] {
    const share = (values: number, what: string): string[] =>
        values === 0 ? [] : [`${what}: ${values.toLocaleString('en')} (${Number(((100 * values) / of.values).toPrecision(2))} %)`];
    return [
        `${of.values.toLocaleString('en')} values`,
        ...(of.mean === null || of.bins.length === 0
            ? []
            : [
                  `mean ${short_number(of.mean)} ± ${short_number(of.deviation)}`,
                  `from ${short_number(of.minimum)} to ${short_number(of.maximum)}`,
              ]),
        ...share(of.zeros, 'zero'),
        ...share(of.not_finite, 'not finite'),
        ...share(of.below + of.above, 'beyond the bars'),
    ];
}
