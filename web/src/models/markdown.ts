// Tables as Markdown.

type Cell = string | number | null;

/** As GitHub and most others read it; numbers stand right. */
export function markdown(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
    const line = (cells: readonly Cell[]): string => `| ${cells.map(cell).join(' | ')} |\n`;
    return line(header) + line(header.map((_, place) => (place === 0 ? '---' : '--:'))) + rows.map(line).join('');
}

function cell(value: Cell): string {
    return value === null ? '' : String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
}
