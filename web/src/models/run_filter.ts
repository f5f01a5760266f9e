// The filter of runs: words that occur, and conditions such as epochs=5, seed>3 or best>=0.9.
import type { Run } from '../protocol/history';
import { matches } from './rows';
import type { RunResult } from './run_results';
import { sort_key, type PlanKey } from './sweeps';

const condition = /^([^<>=]+)(<=|>=|=|<|>)(.*)$/;

const rounds: Pick<RunResult, 'key' | 'title' | 'of' | 'whole'> = { key: 'rounds', title: '', of: (run) => run.rounds };

/**
 * `text`: what words are looked for in; `keys`: those of the plans, the first of a name is meant; `results`: what runs came
 * to, also by the words of their headings, such as best_auc. A metric of a trainer's own that has the name of a key is
 * found by its whole name.
 */
export function passes(filter: string, run: Run, text: string, keys: readonly PlanKey[], results: readonly RunResult[]): boolean {
    return (filter.match(/"[^"]+"|\S+/g) ?? []).every((word) => {
        const [, name, sign, wanted] = condition.exec(word) ?? [];
        if (name === undefined || wanted === undefined || word.startsWith('"')) {
            return matches(word, text);
        }
        const exact = keys.find(({ title, path }) => title === name || path === name);
        const key = exact ?? keys.find(({ path }) => `.plan.${path}`.endsWith(`.${name}`));
        const named = [rounds, ...results].find((one) => one.key === name || one.title.replace(/,? /g, '_') === name);
        const is_key = exact !== undefined && named?.whole !== undefined && named.key !== name && has_numbers(exact);
        // A word, as in loss=focal, is no result.
        const result = !is_key && (key === undefined || typeof sort_key(share(wanted)) === 'number') ? named : undefined;
        if (key === undefined && result === undefined) {
            return wanted === '' || matches(word, text);
        }
        const value = result === undefined ? key!.values.get(run.run) : result.of(run);
        // What is being typed takes nothing away yet.
        return wanted === '' || (value != null && holds(String(value), sign!, share(wanted)));
    });
}

/** A key of words is not meant where numbers are compared: metrics.auc may be "higher". */
function has_numbers({ values }: PlanKey): boolean {
    return [...values.values()].some((value) => typeof sort_key(value) === 'number');
}

/** "90%" is 0.9. */
function share(wanted: string): string {
    return /^[\d.]+%$/.test(wanted) ? String(Number(wanted.slice(0, -1)) / 100) : wanted;
}

function holds(value: string, sign: string, wanted: string): boolean {
    const [own, other] = [sort_key(value)!, sort_key(wanted)!];
    if (sign === '=') {
        // Seeds of 64 bits are alike only where their digits are.
        return value.toLowerCase() === wanted.toLowerCase() || (own === other && Math.abs(Number(own)) <= Number.MAX_SAFE_INTEGER);
    }
    return typeof own === typeof other && ((sign[0] === '>' ? own > other : own < other) || (sign[1] === '=' && own === other));
}
