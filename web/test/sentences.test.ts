import { describe, expect, it } from 'vitest';
import { sentence } from '../src/sentences';
import { event, round, worker } from './samples';

const text = (type: string, fields: object): string => sentence(event(1, type, fields)).text;

describe('sentences', () => {
    it.each([
        ['phase', { phase: 'training', round: 3 }, 'Training (round 3).'],
        ['phase', { phase: 'waiting', round: 0 }, 'Waiting.'],
        ['phase', { phase: 'dreaming', round: 0 }, 'dreaming.'],
        ['worker_joined', { worker: worker(2) }, 'Worker worker-2 (#2) joined from 127.0.0.1:1.'],
        ['worker_left', { worker: 2, name: 'w', reason: 'no heartbeat' }, 'Worker w (#2) left: no heartbeat.'],
        [
            'training_started',
            { round: 1, last_round: 9, target_accuracy: 0.9 },
            'Training starts with round 1 and ends after round 9, or 90.0 % accuracy.',
        ],
        [
            'client_dropped',
            { round: 2, client: 7, worker: 1, reason: 'timed_out', detail: '' },
            'Round 2: client 7 was left out, no answer before the deadline.',
        ],
        [
            'client_dropped',
            { round: 2, client: 7, worker: 1, reason: 'new_reason', detail: 'why' },
            'Round 2: client 7 was left out, new_reason: why.',
        ],
        [
            'round_finished',
            { result: round(4) },
            'Round 4 done in 1.00 s, test accuracy 70.0 %, test loss 0.6000.',
        ],
        [
            'round_finished',
            {
                result: round(4, {
                    test_accuracy: null,
                    test_loss: null,
                    dropped: [{ client: 1, reason: 'lost' }],
                }),
            },
            'Round 4 done in 1.00 s, train loss 0.5000, 1 client left out.',
        ],
        [
            'round_finished',
            {
                result: round(4, {
                    test_accuracy: null,
                    test_rmse: 12.5,
                    test_r2: 0.343,
                    test_auc: null,
                    test_partial: true,
                }),
            },
            'Round 4 done in 1.00 s, test loss 0.6000, RMSE 12.50, R² 0.343, tested without some of the clients.',
        ],
        [
            'round_finished',
            { result: round(4, { test_auc: 0.9256 }) },
            'Round 4 done in 1.00 s, test accuracy 70.0 %, test loss 0.6000, AUC 0.926.',
        ],
        [
            'training_finished',
            { outcome: 'failed', detail: 'no worker is left', round: 2, weights_sha256: '' },
            'Training failed: no worker is left.',
        ],
        [
            'training_finished',
            { outcome: 'rounds_done', detail: '', round: 2, weights_sha256: 'abcdef0123456789' },
            'Training is done: all rounds have run. Weights abcdef012345.',
        ],
        [
            'training_finished',
            { outcome: 'stopped_early', detail: 'the best was round 1', round: 2, weights_sha256: '' },
            'Training is done: it no longer gets better: the best was round 1.',
        ],
        ['model_saved', { name: 'best', path: 'p', round: 2, models: [] }, 'Model of round 2 saved as best.'],
        ['model_loaded', { name: 'best', round: 2 }, 'Model best (round 2) is now the global model.'],
        ['pause_requested', { pausing: true }, 'The run will pause before the next round.'],
        ['pause_requested', { pausing: false }, 'The run goes on.'],
        ['command', { command: 'stop', accepted: true, reason: '' }, 'Command stop accepted.'],
        [
            'command',
            { command: 'stop', accepted: true, reason: 'stopping' },
            'Command stop accepted: stopping.',
        ],
        ['command', { command: 'stop', accepted: false, reason: 'not now' }, 'Command stop refused: not now.'],
        [
            'plan_changed',
            { round: 4, last_round: 9, target_accuracy: 0.9, deadline: 30, fraction: 0.5 },
            'Plan changed from round 4 on: last round 9, target 90.0 %, deadline 30 s, fraction 0.5.',
        ],
        ['notice', { level: 'info', text: '<b>as it is</b>' }, '<b>as it is</b>'],
    ])('%s %j', (type, fields, expected) => {
        expect(text(type, fields)).toBe(expected);
    });

    it('colours what went wrong', () => {
        const tone = (type: string, fields: object) => sentence(event(1, type, fields)).tone;
        expect(tone('notice', { level: 'error', text: '' })).toBe('bad');
        expect(tone('phase', { phase: 'failed', round: 1 })).toBe('bad');
        expect(tone('command', { command: 'stop', accepted: false, reason: '' })).toBe('warning');
        expect(tone('client_dropped', { round: 1, client: 1, reason: 'not_needed', detail: '' })).toBe(
            'plain',
        );
    });
});
