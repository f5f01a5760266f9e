// Order and choice of table rows.

export type Key = number | string | null;

/** Stable; what has no value comes last either way. */
export function sort_rows<T>(rows: readonly T[], key: (row: T) => Key, descending: boolean): T[] {
    return [...rows].sort((left, right) => {
        const a = key(left);
        const b = key(right);
        if (a === null || b === null) {
            return a === b ? 0 : a === null ? 1 : -1;
        }
        const order =
            typeof a === 'number' && typeof b === 'number'
                ? a - b
                : String(a).localeCompare(String(b), 'en', { numeric: true });
        return descending ? -order : order;
    });
}

/** Whether a text holds every word of the filter, in any case; what stands in quotes as a whole: "ward-1" is not in ward-12. */
export function matches(filter: string, text: string): boolean {
    const lower = ` ${text.toLowerCase()} `;
    const words = filter.toLowerCase().match(/"[^"]+"|\S+/g) ?? [];
    return words.every((word) => lower.includes(/^".+"$/.test(word) ? ` ${word.slice(1, -1)} ` : word));
}

/** For a filter. */
export function whole_word(word: string): string {
    return `"${word}"`;
}

/** Rows first to last (not included) that a window of this height shows, with some beyond on either side. */
export function visible_rows(
    count: number,
    row_height: number,
    scrolled: number,
    window_height: number,
    beyond = 6,
): [number, number] {
    const first = Math.max(0, Math.floor(scrolled / row_height) - beyond);
    const last = Math.min(count, Math.ceil((scrolled + window_height) / row_height) + beyond);
    return [Math.min(first, last), last];
}
