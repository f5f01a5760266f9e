import { expect, test } from 'vitest';
import { missing_rounds, with_older } from '../src/older_rounds';
import type { State } from '../src/model';
import type { Round } from '../src/protocol/run';

const rounds = (...numbers: number[]) => numbers.map((round) => ({ round })) as Round[];

test('what the master has forgotten is asked for, of this run of this process', () => {
    const state = (rounds_forgotten?: number) =>
        ({ instance: 'i', status: { run: '5c0f', rounds_forgotten } }) as unknown as State;
    expect(missing_rounds(state(2))).toBe('i/5c0f');
    expect(missing_rounds(state(0))).toBeNull();
    expect(missing_rounds(state())).toBeNull(); // a master of an older version forgets none
});

test('older rounds stand before those of the state and replace none', () => {
    const own = rounds(3, 4);
    expect(with_older(rounds(1, 2, 3), own)).toEqual(rounds(1, 2, 3, 4));
    expect(with_older([], own)).toBe(own);
    expect(with_older(rounds(1), [])).toEqual([]);
});
