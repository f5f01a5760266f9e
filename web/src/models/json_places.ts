// Where things are in a JSON text with comments that is being written, so it may be broken anywhere. The master
// decides what is right; this only finds out where the writer is.

export interface Place {
    kind: 'object' | 'array' | 'scalar';
    start: number;
    /** One after the last character. */
    end: number;
    /** False of an object or array that nothing ends. */
    closed: boolean;
    /** Of an object by key, of an array by number. */
    children: { key: string; key_start: number; value: Place | null }[];
    /** Of a scalar: its text. */
    text: string;
}

const closers: Record<string, string> = { '{': '}', '[': ']' };

/** @returns the outermost value, or null where there is none */
export function find_places(text: string): Place | null {
    let at = 0;

    /** Skips what separates, and comments. */
    const skip = (separators: RegExp): void => {
        for (;;) {
            const rest = text.slice(at, at + 2);
            if (separators.test(rest[0] ?? '')) {
                at += 1;
            } else if (rest === '//') {
                const end = text.indexOf('\n', at);
                at = end < 0 ? text.length : end;
            } else if (rest === '/*') {
                const end = text.indexOf('*/', at + 2);
                at = end < 0 ? text.length : end + 2;
            } else {
                return;
            }
        }
    };

    const scalar = (): Place => {
        const start = at;
        if (text[at] === '"') {
            at += 1;
            while (at < text.length && text[at] !== '"' && text[at] !== '\n') {
                at += text[at] === '\\' ? 2 : 1;
            }
            at = Math.min(text.length, at + (text[at] === '"' ? 1 : 0));
        } else {
            at += 1;
            while (at < text.length && /[^\s,:\]}"]/.test(text[at]!)) {
                at += 1;
            }
        }
        return { kind: 'scalar', start, end: at, closed: true, children: [], text: text.slice(start, at) };
    };

    const value = (depth: number): Place | null => {
        skip(/[\s,:]/);
        const opener = text[at];
        if (opener === undefined || opener === '}' || opener === ']') {
            return null;
        }
        const closer = closers[opener];
        if (closer === undefined || depth > 100) {
            return scalar();
        }
        const place: Place = {
            kind: opener === '{' ? 'object' : 'array',
            start: at,
            end: text.length,
            closed: false,
            children: [],
            text: '',
        };
        at += 1;
        for (;;) {
            skip(/[\s,:]/);
            if (at >= text.length) {
                return place;
            }
            if (text[at] === '}' || text[at] === ']') {
                // The wrong one ends it too: what follows most likely belongs to what is around.
                at += 1;
                place.end = at;
                place.closed = true;
                return place;
            }
            if (place.kind === 'array') {
                const key = String(place.children.length);
                place.children.push({ key, key_start: at, value: value(depth + 1) });
                continue;
            }
            const key = scalar();
            const name = key.text.replaceAll('"', '');
            skip(/\s/);
            const has_value = text[at] === ':';
            place.children.push({ key: name, key_start: key.start, value: has_value ? value(depth + 1) : null });
        }
    };

    return value(0);
}
