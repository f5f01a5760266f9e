// A plan as a text that is pleasant to edit: what is short stands on one line.

const widest = 88;

export function plan_text(value: unknown): string {
    return `${lines(value, '')}\n`;
}

function lines(value: unknown, indent: string): string {
    const short = one_line(value);
    if (typeof value !== 'object' || value === null || indent.length + short.length <= widest) {
        // The outermost object is always open, so that there is a line to write on.
        if (indent !== '' || typeof value !== 'object' || value === null) {
            return short;
        }
    }
    const inner = `${indent}  `;
    if (Array.isArray(value)) {
        return `[\n${value.map((item) => inner + lines(item, inner)).join(',\n')}\n${indent}]`;
    }
    const entries = Object.entries(value).map(
        ([key, item]) => `${inner}${JSON.stringify(key)}: ${lines(item, inner)}`,
    );
    return `{\n${entries.join(',\n')}\n${indent}}`;
}

function one_line(value: unknown): string {
    if (typeof value !== 'object' || value === null) {
        return JSON.stringify(value);
    }
    if (Array.isArray(value)) {
        return `[${value.map(one_line).join(', ')}]`;
    }
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${one_line(item)}`);
    return `{${entries.join(', ')}}`;
}
