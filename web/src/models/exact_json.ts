// JSON whose integers stay what they are: those that a double would round, such as a plan's seed, become bigints.

const mark = '\0integer';
/** Sixteen digits that are not behind a point; most texts have none. */
const may_be_long = /(?:^|[^\d.])\d{16}/;
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** @throws SyntaxError when the text is not JSON */
export function parse_json(text: string): unknown {
    if (!may_be_long.test(text)) {
        return JSON.parse(text);
    }
    const marked = text.replace(token, (found) =>
        /^-?\d{16,}$/.test(found) && !Number.isSafeInteger(Number(found)) ? `{"\\u0000integer":"${found}"}` : found,
    );
    return JSON.parse(marked, (_, value: unknown) => {
        const digits = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[mark] : null;
        return typeof digits === 'string' && /^-?\d+$/.test(digits) ? BigInt(digits) : value;
    });
}

/** On one line, with spaces as people write it. */
export function json_text(value: unknown): string {
    if (typeof value === 'bigint') {
        return String(value);
    }
    if (typeof value !== 'object' || value === null) {
        return JSON.stringify(value) ?? 'null';
    }
    if (Array.isArray(value)) {
        return `[${value.map(json_text).join(', ')}]`;
    }
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${json_text(item)}`).join(', ')}}`;
}
