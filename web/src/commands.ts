// Sends commands to the master and says in words what came of them.
import type { Status } from './protocol/run';
import type { Command } from './protocol/stream';

export interface Answer {
    /** failed: no answer of the master was understood, so what it did is not known. */
    outcome: 'accepted' | 'refused' | 'failed';
    text: string;
}

/** Milliseconds until a command without an answer counts as failed. */
const answer_limit = 15_000;

export async function send(command: Command): Promise<Answer> {
    let response: Response;
    let body: unknown;
    try {
        response = await fetch('api/v1/commands', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(command),
            signal: AbortSignal.timeout(answer_limit),
        });
        body = await response.json();
    } catch (error) {
        const late = error instanceof DOMException && error.name === 'TimeoutError';
        const why = late ? 'no answer in time' : 'the master cannot be reached or does not answer in JSON';
        return { outcome: 'failed', text: `${command.command}: ${why}` };
    }
    return read_answer(command.command, response.status, body);
}

/** Turns the body of an answer into words; status is the HTTP status. */
export function read_answer(name: string, status: number, body: unknown): Answer {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    if (status === 200 && fields['accepted'] === true) {
        return { outcome: 'accepted', text: text_of(fields['message']) ?? `${name}: accepted` };
    }
    const reason = text_of(fields['reason']) ?? text_of(fields['error']);
    if (reason !== null) {
        return { outcome: 'refused', text: `${name} refused: ${reason}` };
    }
    return { outcome: 'failed', text: `${name}: the master answered with status ${status} and no reason` };
}

/**
 * Builds the command of the form; texts are as typed, and an empty one leaves the choice to the plan.
 * @returns the command, or what is wrong with the input. What the numbers may be is for the master to say.
 */
export function train_command(rounds: string, target_percent: string): Command | string {
    const command: Extract<Command, { command: 'train' }> = { command: 'train' };
    if (rounds.trim() !== '') {
        const number = Number(rounds);
        if (!Number.isInteger(number)) {
            return 'The number of rounds must be a whole number.';
        }
        command.rounds = number;
    }
    if (target_percent.trim() !== '') {
        const number = Number(target_percent);
        if (!Number.isFinite(number)) {
            return 'The target accuracy must be a number of percent.';
        }
        command.target_accuracy = Number((number / 100).toFixed(8));
    }
    return command;
}

/** The fields of the form that changes a running plan, as typed. */
export interface Typed {
    rounds: string;
    target_percent: string;
    deadline: string;
    fraction: string;
}

type Running = Pick<Status, 'last_round' | 'target_accuracy' | 'deadline' | 'fraction'>;

/**
 * Builds a command that changes what differs from what is; an empty target takes the target away.
 * @returns the command, or what is wrong with the input
 */
export function change_command(typed: Typed, present: Running): Command | string {
    const command: Extract<Command, { command: 'change' }> = { command: 'change' };
    const rounds = number_of(typed.rounds);
    if (rounds === null || !Number.isInteger(rounds)) {
        return 'The last round must be a whole number.';
    }
    const target = typed.target_percent.trim() === '' ? null : number_of(typed.target_percent);
    if (target === null && typed.target_percent.trim() !== '') {
        return 'The target accuracy must be a number of percent, or nothing.';
    }
    const deadline = number_of(typed.deadline);
    if (deadline === null) {
        return 'The deadline must be a number of seconds.';
    }
    const fraction = number_of(typed.fraction);
    if (fraction === null) {
        return 'The fraction must be a number above 0, and at most 1.';
    }
    const share = target === null ? null : Number((target / 100).toFixed(8));
    if (rounds !== present.last_round) {
        command.rounds = rounds;
    }
    if (share !== present.target_accuracy) {
        command.target_accuracy = share;
    }
    if (deadline !== present.deadline) {
        command.deadline = deadline;
    }
    if (fraction !== present.fraction) {
        command.fraction = fraction;
    }
    return Object.keys(command).length > 1 ? command : 'Nothing is different.';
}

function number_of(text: string): number | null {
    const number = text.trim() === '' ? NaN : Number(text);
    return Number.isFinite(number) ? number : null;
}

function text_of(value: unknown): string | null {
    return typeof value === 'string' && value !== '' ? value : null;
}
