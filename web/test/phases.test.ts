import { describe, expect, it } from 'vitest';
import { event, play, round, start, status } from './samples';

describe('phases', () => {
    it('knows since when the phase and the training last', () => {
        const log = [
            event(1, 'training_started', { round: 1, last_round: 5, target_accuracy: null }),
            event(2, 'training_finished', { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' }),
            event(3, 'training_started', { round: 2, last_round: 5, target_accuracy: null }),
            event(4, 'phase', { phase: 'training', round: 2 }),
        ];
        const running = start(4, { log });
        expect(running.training_since).toBe(1003);
        expect(running.training_until).toBeNull();
        expect(running.phase_since).toBe(1004);
        const done = play(running, [
            'training_finished',
            { outcome: 'rounds_done', detail: '', round: 5, weights_sha256: '' },
        ]);
        expect(done.training_until).toBe(1005);
        expect(start(2, { log: log.slice(0, 2) }).training_until).toBe(1002);
    });

    it('takes the goal of a training over and clears what was asked of the one before', () => {
        const state = play(start(10, { status: { ...status, pausing: true, stopping: true } }), [
            'training_started',
            { round: 4, last_round: 9, target_accuracy: 0.9 },
        ]);
        expect(state.status).toMatchObject({
            last_round: 9,
            target_accuracy: 0.9,
            pausing: false,
            stopping: false,
        });
    });

    it('shows pausing until it is paused', () => {
        const asked = play(
            start(10),
            ['phase', { phase: 'training', round: 1 }],
            ['pause_requested', { pausing: true }],
            ['phase', { phase: 'evaluating', round: 1 }],
        );
        expect(asked.status.pausing).toBe(true);
        expect(play(asked, ['phase', { phase: 'paused', round: 1 }]).status.pausing).toBe(false);
        expect(play(asked, ['pause_requested', { pausing: false }]).status.pausing).toBe(false);
        expect(play(asked, ['phase', { phase: 'finished', round: 1 }]).status.pausing).toBe(false);
        expect(play(asked, ['phase', { phase: 'waiting', round: 1 }]).status.pausing).toBe(true);
    });

    it('trains from the start to the end, and also while it waits for workers', () => {
        const training = { round: 1, last_round: 5, target_accuracy: null };
        const end = { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' };
        const idle = start(10);
        expect(idle.training).toBe(false);
        const running = play(idle, ['training_started', training], ['phase', { phase: 'waiting', round: 0 }]);
        expect(running.training).toBe(true);
        expect(play(running, ['phase', { phase: 'paused', round: 1 }]).training).toBe(true);
        const done = play(running, ['training_finished', end]);
        expect(done.training).toBe(false);
        expect(play(done, ['phase', { phase: 'waiting', round: 1 }]).training).toBe(false);
        expect(play(running, ['phase', { phase: 'failed', round: 1 }]).training).toBe(false);
    });

    it('tells from a snapshot whether a training goes on, where that can be told', () => {
        const in_phase = (phase: typeof status.phase) => ({ ...status, phase });
        const log = [
            event(1, 'training_started', { round: 1, last_round: 5, target_accuracy: null }),
            event(2, 'training_finished', { outcome: 'stopped', detail: '', round: 1, weights_sha256: '' }),
        ];
        expect(start(9, { status: in_phase('evaluating') }).training).toBe(true);
        expect(start(9, { status: in_phase('finished'), log: log.slice(0, 1) }).training).toBe(false);
        expect(start(9, { log: log.slice(0, 1) }).training).toBe(true);
        expect(start(9, { log }).training).toBe(false);
        expect(start(9, { rounds: [round(1)] }).training).toBeNull();
    });

    it('shows stopping from the accepted command to the end', () => {
        const stop = { command: 'stop', accepted: true, reason: 'stopping' };
        const running = play(start(10), ['phase', { phase: 'training', round: 1 }]);
        expect(play(running, ['command', { ...stop, accepted: false }]).status.stopping).toBe(false);
        expect(play(running, ['command', { ...stop, command: 'pause' }]).status.stopping).toBe(false);
        const stopping = play(running, ['command', stop]);
        expect(stopping.status.stopping).toBe(true);
        expect(play(stopping, ['phase', { phase: 'finished', round: 1 }]).status.stopping).toBe(false);
    });

    it('does not show stopping when the end was faster than the answer', () => {
        const state = play(
            start(10),
            ['phase', { phase: 'finished', round: 1 }],
            ['command', { command: 'stop', accepted: true, reason: '' }],
        );
        expect(state.status.stopping).toBe(false);
    });
});
