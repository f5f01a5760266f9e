// One readable sentence for each event of the log.
import { clock, count, duration, fixed, loss, percent, plural } from './format';
import type { Outcome, Phase } from './protocol/run';
import type { Event } from './protocol/stream';

export type Tone = 'plain' | 'quiet' | 'good' | 'warning' | 'bad';

export interface Sentence {
    text: string;
    tone: Tone;
}

/** In place of what is not there yet, where it may be in the past. */
export const reading_text = 'Reading what was before…';

export const phase_names: Record<Phase, string> = {
    waiting: 'Waiting',
    loading_dataset: 'Loading data',
    distributing_model: 'Sending model',
    distributing_weights: 'Sending weights',
    training: 'Training',
    aggregating: 'Aggregating',
    evaluating: 'Evaluating',
    paused: 'Paused',
    finished: 'Finished',
    failed: 'Failed',
};

const outcome_names: Record<Outcome, string> = {
    rounds_done: 'Done',
    target_reached: 'Target reached',
    stopped_early: 'Ended early',
    stopped: 'Stopped',
    failed: 'Failed',
};

type End = { outcome: Outcome } | null;

/** Where a run stands; a training that is over by how it ended. */
export function standing_name(phase: Phase, ending: End): string {
    return phase === 'finished' && ending !== null
        ? (outcome_names[ending.outcome] ?? phase_names.finished)
        : (phase_names[phase] ?? phase);
}

/** What it looks like: work, waiting, paused, finished, stopped or failed. */
export function standing_tone(phase: Phase, ending: End): string {
    if (phase === 'finished') {
        return ending?.outcome === 'stopped' || ending?.outcome === 'failed' ? ending.outcome : 'finished';
    }
    return phase === 'waiting' || phase === 'paused' || phase === 'failed' ? phase : 'work';
}

const standings: Record<string, string> = {
    takes_part: 'takes part again',
    left_out: 'is left out',
    no_client: 'has no client',
    resting: 'is asked less often',
};

const drop_reasons: Record<string, string> = {
    refused: 'the worker refused',
    timed_out: 'no answer before the deadline',
    lost: 'the connection was lost',
    not_needed: 'enough others had answered',
    invalid: 'the update was not valid',
    out_of_proportion: 'the update moves the model too far',
    passed_over: 'the rule of the strategy left its update out',
};

const test_reasons: Record<string, string> = {
    ...drop_reasons,
    away: 'nobody hosts it',
    invalid: 'no samples can give its result',
    out_of_proportion: 'its result is out of proportion',
};

/** Why a client is not in a test. */
export function test_reason(reason: string): string {
    return test_reasons[reason] ?? reason;
}

export function drop_reason(reason: string): string {
    return drop_reasons[reason] ?? reason;
}

const outcomes: Record<string, [string, Tone]> = {
    rounds_done: ['Training is done: all rounds have run', 'good'],
    target_reached: ['Training is done: the target accuracy is reached', 'good'],
    stopped_early: ['Training is done: it no longer gets better', 'good'],
    stopped: ['Training was stopped', 'warning'],
    failed: ['Training failed', 'bad'],
};

function with_detail(text: string, detail: string | undefined): string {
    return detail ? `${text}: ${detail}${/[.!?…]$/.test(detail) ? '' : '.'}` : `${text}.`;
}

export function sentence(event: Event): Sentence {
    switch (event.type) {
        case 'phase': {
            const round = event.round > 0 ? ` (round ${event.round})` : '';
            const name = phase_names[event.phase] ?? String(event.phase);
            const tones: Partial<Record<Phase, Tone>> = {
                failed: 'bad',
                paused: 'warning',
                finished: 'good',
            };
            return { text: `${name}${round}.`, tone: tones[event.phase] ?? 'quiet' };
        }
        case 'worker_joined': {
            const { name, worker, address } = event.worker;
            return { text: `Worker ${name} (#${worker}) joined from ${address}.`, tone: 'good' };
        }
        case 'worker_left':
            return {
                text: with_detail(`Worker ${event.name} (#${event.worker}) left`, event.reason),
                tone: 'warning',
            };
        case 'worker_standing': {
            const does = standings[event.standing] ?? event.standing;
            const tones: Record<string, Tone> = { left_out: 'bad', takes_part: 'good' };
            return {
                text: with_detail(`Worker ${event.name} (#${event.worker}) ${does}`, event.reason),
                tone: tones[event.standing] ?? 'warning',
            };
        }
        case 'training_started': {
            const target =
                event.target_accuracy === null ? '' : `, or ${percent(event.target_accuracy)} accuracy`;
            return {
                text: `Training starts with round ${event.round} and ends after round ${event.last_round}${target}.`,
                tone: 'plain',
            };
        }
        case 'client_dropped': {
            const text = `Round ${event.round}: client ${event.client} was left out, ${drop_reason(event.reason)}`;
            return {
                text: with_detail(text, event.detail),
                tone: event.reason === 'not_needed' ? 'plain' : 'warning',
            };
        }
        case 'round_finished': {
            const { round, test_accuracy, test_loss, train_loss, seconds, dropped } = event.result;
            const { test_auc, test_r2, test_rmse, test_partial } = event.result;
            const parts = [`Round ${round} done in ${clock_or_seconds(seconds)}`];
            if (test_accuracy !== null) {
                parts.push(`test accuracy ${percent(test_accuracy)}`);
            }
            parts.push(
                test_loss !== null ? `test loss ${loss(test_loss)}` : `train loss ${loss(train_loss)}`,
            );
            if (typeof test_auc === 'number') {
                parts.push(`AUC ${fixed(test_auc, 3)}`);
            }
            if (typeof test_rmse === 'number') {
                parts.push(`RMSE ${loss(test_rmse)}, R² ${fixed(test_r2, 3)}`);
            }
            if (test_partial === true) {
                parts.push('tested without some of the clients');
            }
            if (dropped.length > 0) {
                parts.push(`${plural(dropped.length, 'client')} left out`);
            }
            return { text: `${parts.join(', ')}.`, tone: 'plain' };
        }
        case 'training_finished': {
            const [text, tone] = outcomes[event.outcome] ?? [`Training ended (${event.outcome})`, 'plain'];
            const weights = event.weights_sha256 ? ` Weights ${event.weights_sha256.slice(0, 12)}.` : '';
            return { text: with_detail(text, event.detail) + weights, tone };
        }
        case 'model_saved':
            return { text: `Model of round ${event.round} saved as ${event.name}.`, tone: 'good' };
        case 'model_loaded':
            return {
                text: `Model ${event.name} (round ${count(event.round)}) is now the global model.`,
                tone: 'good',
            };
        case 'pause_requested':
            return {
                text: event.pausing ? 'The run will pause before the next round.' : 'The run goes on.',
                tone: 'plain',
            };
        case 'progress_stalled':
            return event.since === null
                ? { text: 'It goes on.', tone: 'quiet' }
                : { text: `No update and no round for ${duration(event.deadline)}.`, tone: 'warning' };
        case 'plan_changed': {
            if (event.loaded !== undefined) {
                return {
                    text: `Round ${event.round} begins with the weights of '${event.loaded}'.`,
                    tone: 'plain',
                };
            }
            const target =
                event.target_accuracy === null ? 'no target' : `target ${percent(event.target_accuracy)}`;
            return {
                text:
                    `Plan changed from round ${event.round} on: last round ${event.last_round}, ${target}, ` +
                    `deadline ${event.deadline} s, fraction ${event.fraction}.`,
                tone: 'plain',
            };
        }
        case 'command':
            return event.accepted
                ? { text: with_detail(`Command ${event.command} accepted`, event.reason), tone: 'plain' }
                : { text: with_detail(`Command ${event.command} refused`, event.reason), tone: 'warning' };
        case 'notice': {
            const tones: Record<string, Tone> = { warning: 'warning', error: 'bad' };
            return { text: event.text, tone: tones[event.level] ?? 'plain' };
        }
        default:
            return { text: event.type, tone: 'plain' };
    }
}

function clock_or_seconds(phases: Record<string, number>): string {
    const total = Object.values(phases).reduce((sum, value) => sum + value, 0);
    return total < 60 ? `${total.toFixed(2)} s` : clock(total);
}
