import { describe, expect, it } from 'vitest';
import { find_places } from '../src/models/json_places';
import { allows, plan_hint, snippet } from '../src/models/plan_hints';
import type { SchemaNode } from '../src/protocol/plan';

const units: SchemaNode = { type: 'integer', text: 'outputs', required: true, minimum: 1, maximum: 2048 };
const schema: SchemaNode = {
    type: 'object',
    keys: {
        rounds: { type: 'integer', text: 'how many rounds', required: true, minimum: 1 },
        model: {
            type: 'object',
            text: 'the network',
            keys: {
                layers: {
                    type: 'array',
                    text: 'in order',
                    items: {
                        type: 'object',
                        text: 'one layer',
                        tag: 'type',
                        variants: { dense: { units }, flatten: {} },
                    },
                },
            },
        },
        optimizer: {
            type: 'object',
            text: 'how a step is taken',
            tag: 'type',
            short: true,
            keys: { type: { type: 'string', text: 'which', default: 'sgd', choices: ['sgd', 'adam'] } },
            variants: { sgd: { momentum: { type: 'number', default: 0, minimum: 0, below: 1 } }, adam: {} },
        },
    },
};

/** The hint at the mark | in a text. */
function at(marked: string) {
    const cursor = marked.indexOf('|');
    return plan_hint(schema, marked.replace('|', ''), cursor);
}

const missing = (marked: string) => at(marked).missing.map((one) => one.name);

describe('plan_hint', () => {
    it('tells of the key and of the value', () => {
        expect(at('{"rou|nds": 3}')).toMatchObject({ path: 'rounds', node: { text: 'how many rounds' } });
        expect(at('{"rounds": 3|}')).toMatchObject({ path: 'rounds' });
    });

    it('names what may still be added, where the cursor is', () => {
        expect(missing('{"rounds": 3, |}')).toEqual(['model', 'optimizer']);
        expect(missing('{"model": {|}}')).toEqual(['layers']);
        expect(missing('|')).toEqual(['rounds', 'model', 'optimizer']);
    });

    it('goes by what an object selects, or would by default', () => {
        expect(missing('{"model": {"layers": [{"type": "dense", |}]}}')).toEqual(['units']);
        expect(missing('{"model": {"layers": [{"type": "flatten", |}]}}')).toEqual([]);
        expect(missing('{"model": {"layers": [{|}]}}')).toEqual(['type']);
        expect(missing('{"optimizer": {|}}')).toEqual(['type', 'momentum']);
        expect(missing('{"optimizer": {"type": "adam", |}}')).toEqual([]);
        expect(at('{"model": {"layers": [{"type": "dense", "un|its": 4}]}}')).toMatchObject({
            path: 'model.layers.0.units',
            node: units,
        });
    });

    it('finds its way through comments, strings and what is broken', () => {
        expect(at('{ // {"x": [\n "model": { /* } */ "layers": [ {"type": "dense",\n "uni|ts": ').path).toBe(
            'model.layers.0.units',
        );
        expect(at('{"name": "a \\" } b", "rounds|": 1}').path).toBe('rounds');
        expect(at('{"rounds" "model": {"layers|').path).toBe('model.layers');
        expect(at('{"nothing": 1|}')).toMatchObject({ path: 'nothing', node: null });
    });

    it('ends on any text at all', () => {
        for (const text of ['', '}', ']]', '{', '[', '"', '{"a', '{"a":', '{{{', '{,,}', '{"a":]', '/*', '//']) {
            expect(() => at(`${text}|`)).not.toThrow();
        }
        expect(find_places('['.repeat(500))).not.toBeNull();
    });
});

describe('words', () => {
    it('say what is allowed', () => {
        expect(allows(units)).toBe('integer, at least 1, at most 2,048, required');
        expect(allows({ type: 'number', default: 0, above: 0, below: 1 })).toBe('number, above 0, below 1, default 0');
        expect(allows(schema.keys!['optimizer']!)).toBe('object, or the type alone, may be left out');
    });

    it('type a key with a value to begin with', () => {
        expect(snippet('rounds', schema.keys!['rounds']!)).toBe('"rounds": 1,');
        expect(snippet('type', schema.keys!['optimizer']!.keys!['type']!)).toBe('"type": "sgd",');
        expect(snippet('model', schema.keys!['model']!)).toBe('"model": {},');
    });
});
