// Plans side by side.
import { json_text } from './exact_json';

export interface Difference {
    /** With dots, an array's items by their number. */
    path: string;
    /** In the order of the plans, as JSON; null where a plan lacks the key. */
    values: (string | null)[];
    differs: boolean;
}

/** Every value of the plans by its path, sorted as they first occur. */
export function compare_plans(plans: readonly unknown[]): Difference[] {
    const flat = plans.map((plan) => flatten(plan, '', new Map()));
    const paths = new Set(flat.flatMap((one) => [...one.keys()]));
    return [...paths].map((path) => {
        const values = flat.map((one) => one.get(path) ?? null);
        return { path, values, differs: new Set(values).size > 1 };
    });
}

function flatten(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
        into.set(path, json_text(value));
    } else if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
        into.set(path, json_text(value));
    } else {
        for (const [key, item] of Object.entries(value)) {
            flatten(item, path === '' ? key : `${path}.${key}`, into);
        }
    }
    return into;
}
