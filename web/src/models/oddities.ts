// Which clients stand out from the others of a round, and by what. A client is compared with what one of its size
// does: those with few samples have short and unsteady updates by nature.
import { deviation, median } from './statistics';

/** Fewer say nothing about what is usual. */
export const fewest = 6;
/** Robust standard deviations from the usual that count as odd. */
export const odd_beyond = 5;
/** Of its last rounds so many must be odd: one may be chance. */
export const rounds_judged = 3;
export const rounds_odd = 2;

export interface Measured {
    client: number;
    samples: number | null;
    loss: number | null;
    /** Length of its update, and where that points compared with the mean of all. */
    distance: number | null;
    cosine: number | null;
}

interface Sign {
    field: 'loss' | 'distance' | 'cosine';
    /** On what scale it is compared. */
    scale: (value: number) => number;
    /** A difference below this is nobody's business, however alike the others are. */
    floor: number;
    high: string | null;
    low: string | null;
}

const logarithm = (value: number): number => Math.log(Math.max(value, 1e-12));

const signs: readonly Sign[] = [
    { field: 'loss', scale: logarithm, floor: 0.12, high: 'its loss is far above the others\u2019', low: null },
    {
        field: 'distance',
        scale: logarithm,
        floor: 0.1,
        high: 'its update is far longer than that of others of its size',
        low: 'its update is far shorter than that of others of its size',
    },
    {
        field: 'cosine',
        scale: (value) => value,
        floor: 0.06,
        high: null,
        low: 'its update points away from the others\u2019',
    },
];

/** By client number; who is usual is not in it. */
export function oddities(clients: readonly Measured[]): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const { field, scale, floor, high, low } of signs) {
        const measured = clients.filter((client) => client[field] !== null);
        if (measured.length < fewest) {
            continue;
        }
        const sizes = measured.map((client) => Math.log(Math.max(1, client.samples ?? 1)));
        const values = measured.map((client) => scale(client[field]!));
        const slope = trend(sizes, values);
        const rests = values.map((value, place) => value - slope * sizes[place]!);
        const middle = median(rests);
        const width = Math.max(deviation(rests), floor);
        measured.forEach(({ client }, place) => {
            const away = (rests[place]! - middle) / width;
            const text = away > odd_beyond ? high : away < -odd_beyond ? low : null;
            if (text !== null) {
                found.set(client, [...(found.get(client) ?? []), text]);
            }
        });
    }
    return found;
}

/** How values rise with sizes: between the medians of the smaller and of the larger half, whom no single one moves. */
function trend(sizes: readonly number[], values: readonly number[]): number {
    const order = sizes.map((_, place) => place).sort((a, b) => sizes[a]! - sizes[b]!);
    const half = order.length >> 1;
    const middle = (of: readonly number[], part: readonly number[]): number => median(part.map((place) => of[place]!));
    const small = order.slice(0, half);
    const large = order.slice(-half);
    const apart = middle(sizes, large) - middle(sizes, small);
    return apart > 0.2 ? (middle(values, large) - middle(values, small)) / apart : 0;
}
