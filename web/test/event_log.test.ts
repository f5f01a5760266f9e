import { describe, expect, it } from 'vitest';
import { log_limit } from '../src/models/event_log';
import { play, start } from './samples';

describe('log', () => {
    it('keeps what is worth reading, and no more than the limit', () => {
        const quiet = play(
            start(10),
            ['worker_stats', { worker: 1 }],
            ['round_started', { round: 1, cohort: [] }],
        );
        expect(quiet.log).toEqual([]);
        let state = quiet;
        for (let number = 0; number <= log_limit; number += 1) {
            state = play(state, ['notice', { level: 'info', text: String(number) }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log[0]).toMatchObject({ text: '1' });
        expect(state.log.at(-1)).toMatchObject({ text: String(log_limit) });
    });

    it('keeps what happens once while rounds rush by', () => {
        let state = play(start(10), ['notice', { level: 'info', text: 'once' }]);
        for (let number = 0; number < 3 * log_limit; number += 1) {
            state = play(state, ['phase', { phase: 'training', round: number }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log[0]).toMatchObject({ text: 'once' });
        for (let number = 0; number < log_limit; number += 1) {
            state = play(state, ['notice', { level: 'info', text: String(number) }]);
        }
        expect(state.log).toHaveLength(log_limit);
        expect(state.log.filter((entry) => entry.type === 'phase')).toHaveLength(log_limit / 2);
        expect(state.log.at(-1)).toMatchObject({ text: String(log_limit - 1) });
    });
});
