// A plan as a text that is pleasant to edit: what is short stands on one line.
import { json_text } from './exact_json';

const widest = 88;

export function plan_text(value: unknown): string {
    return `${lines(value, '')}\n`;
}

function lines(value: unknown, indent: string): string {
    const short = json_text(value);
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
