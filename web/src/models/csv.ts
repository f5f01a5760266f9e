// RFC 4180.

type Cell = string | number | null;

/** Lines end in CRLF; null is an empty cell. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
    return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
    const text = value === null ? '' : String(value);
    // A spreadsheet takes text that begins like a formula for one.
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
