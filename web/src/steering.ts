// What the reader asks of the master: commands, the dialogs that lead to them, and what came of the last one.
import { computed, signal } from '@preact/signals';
import { send, type Answer } from './commands';
import { obstacles, type Control } from './models/controls';
import type { Command } from './protocol/stream';
import { is_live, present, session } from './store';

export type Dialog =
    | { name: Exclude<Control, 'pause' | 'resume' | 'stop_now' | 'evict' | 'start'> | 'keys' }
    | { name: 'load'; model: string }
    | { name: 'evict'; worker: number }
    | { name: 'start'; plan: string };

export const dialog = signal<Dialog | null>(null);
/** number rises with every answer, so that the same words twice are two answers. */
export const answer = signal<(Answer & { time: number; number: number }) | null>(null);
export const is_waiting = signal(false);

export const why_not = computed(() => {
    const known = present.value;
    return obstacles({
        phase: known?.status.phase ?? 'waiting',
        pausing: known?.status.pausing ?? false,
        stopping: known?.status.stopping ?? false,
        training: known?.training ?? null,
        models: known?.status.models.length ?? 0,
        role: session.value.role,
        live: is_live.value,
    });
});

let number = 0;

export function say(next: Answer): void {
    number += 1;
    answer.value = { ...next, time: Date.now() / 1000, number };
}

export async function run(command: Command): Promise<Answer> {
    is_waiting.value = true;
    const result = await send(command);
    is_waiting.value = false;
    say(result);
    return result;
}

/** Does what a control stands for, or says why that makes no sense now. */
export function use(control: 'pause' | 'resume' | Exclude<Dialog['name'], 'evict' | 'start' | 'keys'>): void {
    const obstacle = why_not.peek()[control];
    if (obstacle !== null) {
        // A stop that is under way may still be made an immediate one.
        if (control !== 'stop' || why_not.peek().stop_now !== null) {
            say({ outcome: 'refused', text: `${obstacle}.` });
            return;
        }
    }
    if (control === 'pause' || control === 'resume') {
        void run({ command: control });
    } else {
        dialog.value = { name: control };
    }
}

export function ask_to_load(model: string): void {
    const obstacle = why_not.peek().load;
    if (obstacle === null) {
        dialog.value = { name: 'load', model };
    } else {
        say({ outcome: 'refused', text: `${obstacle}.` });
    }
}

export function ask_to_evict(worker: number): void {
    const obstacle = why_not.peek().evict;
    if (obstacle === null) {
        dialog.value = { name: 'evict', worker };
    } else {
        say({ outcome: 'refused', text: `${obstacle}.` });
    }
}

/** obstacle: why it cannot be started now, or null. */
export function ask_to_start(plan: string, obstacle: string | null): void {
    if (obstacle === null) {
        dialog.value = { name: 'start', plan };
    } else {
        say({ outcome: 'refused', text: `${obstacle}.` });
    }
}

/** Sends the command of an open dialog, and closes that when it was accepted. */
export async function run_from_dialog(command: Command): Promise<Answer> {
    const result = await run(command);
    if (result.outcome === 'accepted') {
        dialog.value = null;
    }
    return result;
}
