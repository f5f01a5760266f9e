// What a confusion matrix says: rows are true classes, columns predicted ones.

export interface ClassResult {
    name: string;
    samples: number;
    /** Share of the class's samples that were recognised; null without any. */
    recall: number | null;
    /** Share of what was taken for the class that was it; null if nothing was. */
    precision: number | null;
    /** The class that it is most often taken for, and how often; null when never. */
    mistaken: { label: number; name: string; samples: number } | null;
}

export function class_results(classes: readonly string[], confusion: readonly number[][]): ClassResult[] {
    const taken = classes.map((_, column) => sum(confusion.map((row) => row[column] ?? 0)));
    return classes.map((name, place) => {
        const row = confusion[place] ?? [];
        const samples = sum(row);
        const right = row[place] ?? 0;
        let worst = -1;
        row.forEach((value, column) => {
            if (column !== place && value > (worst < 0 ? 0 : (row[worst] ?? 0))) {
                worst = column;
            }
        });
        return {
            name,
            samples,
            recall: samples > 0 ? right / samples : null,
            precision: taken[place]! > 0 ? right / taken[place]! : null,
            mistaken: worst < 0 ? null : { label: worst, name: classes[worst] ?? String(worst), samples: row[worst]! },
        };
    });
}

/** Each row divided by its sum; a row without samples is all zeros. */
export function shares(confusion: readonly number[][]): number[][] {
    return confusion.map((row) => {
        const total = sum(row);
        return row.map((value) => (total > 0 ? value / total : 0));
    });
}

function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}
