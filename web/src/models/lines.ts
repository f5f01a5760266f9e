// Places in a text by line and column.

export function count_lines(text: string): number {
    return text.split('\n').length;
}

/** Line and column from 1; columns count bytes of UTF-8. Beyond a line's end is its end. */
export function place_of(text: string, line: number, column: number): number {
    let start = 0;
    for (let number = 1; number < line; number += 1) {
        const end = text.indexOf('\n', start);
        if (end < 0) {
            return text.length;
        }
        start = end + 1;
    }
    let at = start;
    let bytes = 1;
    while (at < text.length && text[at] !== '\n' && bytes < column) {
        const code = text.codePointAt(at)!;
        bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
        at += code < 0x1_0000 ? 1 : 2;
    }
    return at;
}
