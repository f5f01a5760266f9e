import { describe, expect, it } from 'vitest';
import { json_text, parse_json } from '../src/models/exact_json';
import { compare_plans } from '../src/models/plan_diff';
import { plan_text } from '../src/models/plan_text';

describe('exact JSON', () => {
    const text = '{"seed":18446744073709551615,"rate":0.12345678901234567,"name":"a 18446744073709551615 b","list":[-9007199254740993, 3]}';

    it('keeps integers that a double would round', () => {
        expect(parse_json(text)).toEqual({
            seed: 18446744073709551615n,
            rate: 0.12345678901234567,
            name: 'a 18446744073709551615 b',
            list: [-9007199254740993n, 3],
        });
        expect(parse_json('{"seed": 9007199254740991}')).toEqual({ seed: 9007199254740991 });
    });

    it('reads what else JSON allows, and nothing that it does not', () => {
        expect(parse_json('[1e20, 10000000000000000000.5, "\\" 99999999999999999", "\\u0000integer"]')).toEqual([
            1e20, 10000000000000000000.5, '" 99999999999999999', '\0integer',
        ]);
        expect(parse_json('{"\\u0000integer": "no number 99999999999999999"}')).toEqual({
            '\0integer': 'no number 99999999999999999',
        });
        expect(() => parse_json('{"seed": 99999999999999999')).toThrow(SyntaxError);
    });

    it('comes back out as it went in, in plans and between them', () => {
        const plan = parse_json('{"seed":18446744073709551615,"rounds":3}');
        expect(parse_json(plan_text(plan))).toEqual(plan);
        expect(plan_text(plan)).toContain('"seed": 18446744073709551615');
        expect(json_text(plan)).toBe('{"seed": 18446744073709551615, "rounds": 3}');
        const [seed] = compare_plans([plan, parse_json('{"seed":18446744073709551614}')]);
        expect(seed).toEqual({ path: 'seed', values: ['18446744073709551615', '18446744073709551614'], differs: true });
    });
});
