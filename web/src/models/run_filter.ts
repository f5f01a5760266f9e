// The filter of runs: words that occur, and conditions such as epochs=5, seed>3 or best>=0.9.
import type { Run } from '../protocol';
import { matches } from './rows';
import { sort_key, type Difference } from './sweeps';

const condition = /^([^<>=]+)(<=|>=|=|<|>)(.*)$/;

const results: Record<string, (run: Run) => number | null | undefined> = {
    best: (run) => run.best_test_accuracy,
    last: (run) => run.last_test_accuracy,
    best_loss: (run) => run.best_test_loss,
    loss: (run) => run.last_test_loss,
    rounds: (run) => run.rounds,
};

/** `text`: what words are looked for in; `found`: the keys in which plans differ. */
export function passes(filter: string, run: Run, text: string, found: readonly Difference[]): boolean {
    return (filter.match(/"[^"]+"|\S+/g) ?? []).every((word) => {
        const [, name, sign, wanted] = condition.exec(word) ?? [];
        if (name === undefined || wanted === undefined || word.startsWith('"')) {
            return matches(word, text);
        }
        const key = found.find(({ title }) => title === name) ?? found.find(({ path }) => `.plan.${path}`.endsWith(`.${name}`));
        // A word, as in loss=focal, is no result.
        const is_result = Object.hasOwn(results, name) && (key === undefined || typeof sort_key(share(wanted)) === 'number');
        if (key === undefined && !is_result) {
            return wanted === '' || matches(word, text);
        }
        const value = is_result ? results[name]!(run) : key!.values.get(run.run);
        // What is being typed takes nothing away yet.
        return wanted === '' || (value != null && holds(String(value), sign!, share(wanted)));
    });
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
