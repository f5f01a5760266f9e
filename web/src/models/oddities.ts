// Which clients stand out from the others of a round, and by what.
import { deviation, median } from './statistics';

/** Fewer say nothing about what is usual. */
const fewest = 6;
/** Robust standard deviations from the median that count as odd. */
export const odd_beyond = 4;

export interface Measured {
    client: number;
    loss: number | null;
    /** Length of its update, and where that points compared with the mean of all. */
    distance: number | null;
    cosine: number | null;
}

interface Sign {
    field: 'loss' | 'distance' | 'cosine';
    high: string | null;
    low: string | null;
}

const signs: readonly Sign[] = [
    { field: 'loss', high: 'its loss is far above the others\u2019', low: null },
    {
        field: 'distance',
        high: 'its update is far longer than the others\u2019',
        low: 'its update is far shorter than the others\u2019',
    },
    { field: 'cosine', high: null, low: 'its update points away from the others\u2019' },
];

/** By client number; who is usual is not in it. */
export function oddities(clients: readonly Measured[]): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const { field, high, low } of signs) {
        const measured = clients.filter((client) => client[field] !== null);
        if (measured.length < fewest) {
            continue;
        }
        const values = measured.map((client) => client[field]!);
        const middle = median(values);
        // Where nearly all agree, the smallest difference would be odd without a floor.
        const width = Math.max(deviation(values), 0.05 * Math.abs(middle), field === 'cosine' ? 0.05 : 0);
        for (const client of measured) {
            const away = (client[field]! - middle) / width;
            const text = away > odd_beyond ? high : away < -odd_beyond ? low : null;
            if (text !== null) {
                found.set(client.client, [...(found.get(client.client) ?? []), text]);
            }
        }
    }
    return found;
}
