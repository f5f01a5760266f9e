// What may stand where the cursor is in a plan.
import type { SchemaNode } from '../protocol/plan';
import { json_text } from './exact_json';
import { find_places, type Place } from './json_places';

export interface Hint {
    /** With dots; empty for the plan itself. */
    path: string;
    /** The key or value at the cursor; null between keys. */
    node: SchemaNode | null;
    name: string;
    /** Keys that the object around the cursor may still have. */
    missing: { name: string; node: SchemaNode }[];
}

export function plan_hint(schema: SchemaNode, text: string, cursor: number): Hint {
    const root = find_places(text);
    let place = root;
    let node: SchemaNode | null = schema;
    const path: string[] = [];
    let hint: Hint = { path: '', node: null, name: '', missing: missing(schema, root) };
    while (place !== null && place.kind !== 'scalar') {
        const around: Place = place;
        const child = around.children.findLast(
            (one) => cursor >= one.key_start && cursor <= (one.value?.end ?? one.key_start + one.key.length + 2),
        );
        if (child === undefined) {
            return { ...hint, node: null, name: '' };
        }
        path.push(child.key);
        node =
            node === null
                ? null
                : around.kind === 'array'
                  ? (node.items ?? null)
                  : (keys_of(node, around)[child.key] ?? null);
        const inner = child.value;
        const is_inside =
            inner !== null &&
            inner.kind !== 'scalar' &&
            cursor > inner.start &&
            (cursor < inner.end || !inner.closed);
        hint = {
            path: path.join('.'),
            node,
            name: child.key,
            missing:
                is_inside && inner.kind === 'object'
                    ? missing(node, inner)
                    : around.kind === 'object'
                      ? hint.missing
                      : [],
        };
        if (!is_inside) {
            return hint;
        }
        place = inner;
    }
    return hint;
}

/** The keys that an object may have, by what its tag says. */
export function keys_of(node: SchemaNode, place: Place | null): Record<string, SchemaNode> {
    const { tag } = node;
    if (tag === undefined) {
        return node.keys ?? {};
    }
    const chosen = place?.children.find((child) => child.key === tag)?.value?.text.replaceAll('"', '');
    const by_default = node.keys?.[tag]?.default;
    const own: Record<string, SchemaNode> = { ...node.keys, ...node.variants?.[chosen ?? String(by_default)] };
    own[tag] ??= { type: 'string', required: true, choices: Object.keys(node.variants ?? {}) };
    return own;
}

function missing(node: SchemaNode | null, place: Place | null): Hint['missing'] {
    if (node === null || (place !== null && place.kind !== 'object')) {
        return [];
    }
    const there = new Set(place?.children.map((child) => child.key));
    return Object.entries(keys_of(node, place))
        .filter(([name]) => !there.has(name))
        .map(([name, one]) => ({ name, node: one }));
}

/** What a node allows, in a few words. */
export function allows(node: SchemaNode): string {
    const parts = [node.type ?? 'object'];
    if (node.choices !== undefined && node.choices.length > 0) {
        parts.push(node.choices.map((choice) => json_text(choice)).join(' or '));
    }
    const low = bound(node.minimum, 'at least', node.above, 'above');
    const high = bound(node.maximum, 'at most', node.below, 'below');
    parts.push(...[low, high].filter((text) => text !== null));
    if (node.short === true) {
        parts.push(`or the ${node.tag ?? 'type'} alone`);
    }
    parts.push(
        node.required === true
            ? 'required'
            : node.default !== undefined
              ? `default ${json_text(node.default)}`
              : 'may be left out',
    );
    return parts.join(', ');
}

function bound(closed: number | undefined, with_it: string, open: number | undefined, without: string) {
    return closed !== undefined
        ? `${with_it} ${closed.toLocaleString('en')}`
        : open !== undefined
          ? `${without} ${open.toLocaleString('en')}`
          : null;
}

/** What each value of a tag stands for. */
export function tells_variants(node: SchemaNode): [string, string][] {
    return Object.entries(node.variant_texts ?? {});
}

/** A key with a value to begin with, as it would be typed. */
export function snippet(name: string, node: SchemaNode): string {
    const example =
        node.default ??
        node.choices?.[0] ??
        (({ object: {}, array: [], string: '', boolean: false } as Record<string, unknown>)[node.type ?? 'object']) ??
        node.minimum ??
        0;
    return `${JSON.stringify(name)}: ${json_text(example)},`;
}
