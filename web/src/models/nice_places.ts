/** Round numbers between two values, about so many and two at least. */
export function nice_places(least: number, most: number, about = 4): number[] {
    const range = most - least;
    if (!(range > 0)) {
        return [least];
    }
    const rough = range / about;
    const size = 10 ** Math.floor(Math.log10(rough));
    const fitting = [10, 5, 2, 1, 0.5, 0.2].map((part) => part * size).filter((step) => step <= rough * 1.3);
    for (const step of fitting) {
        const first = Math.ceil(least / step - 1e-9);
        const count = Math.floor(most / step + 1e-9) - first + 1;
        if (count >= 2) {
            return Array.from({ length: count }, (_, place) => Number(((first + place) * step).toPrecision(12)));
        }
    }
    return [least, most];
}
