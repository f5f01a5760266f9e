import { useSignal } from '@preact/signals';
import { clock, count, duration, plural } from '../format';
import type { Control } from '../models/controls';
import { total_seconds } from '../models/curves';
import { time_left } from '../models/time_left';
import type { Status } from '../protocol/run';
import { standing_name, standing_tone } from '../sentences';
import { href } from '../route';
import { is_live, session } from '../store';
import { use, why_not } from '../steering';
import { now, open_round, opened, rounds, state, status } from '../store';

/** Where the run stands and what can be done about it, above every view. Nothing in it moves anything else. */
export function ControlBar() {
    const known = status.value!;
    const is_open = useSignal(false);
    const done = rounds.value.at(-1)?.round ?? 0;
    return (
        <section class="bar" aria-label="Steering">
            <Standing status={known} />
            <button
                type="button"
                class="bar-more"
                data-testid="steer-button"
                aria-expanded={is_open.value}
                aria-controls="bar-buttons"
                onClick={() => {
                    is_open.value = !is_open.value;
                }}
            >
                Steer
            </button>
            <div
                id="bar-buttons"
                class={is_open.value ? 'bar-buttons bar-buttons-open' : 'bar-buttons'}
                onClick={() => {
                    is_open.value = false;
                }}
            >
                <Button control="train" label="Train" hint="Train (t)" />
                <Button control="pause" label="Pause" hint="Pause before the next round (p)" />
                <Button control="resume" label="Resume" hint="Go on (r)" />
                <Button control="stop" label="Stop" hint="Stop after this round, or now (s)" />
                <Button control="change" label="Change" hint="Change rounds, target, deadline or fraction (c)" />
                <Button control="save" label="Save" hint="Save the global model (v)" />
                <Button control="load" label="Load" hint="Load a saved model (o)" />
                <a class="button" href={href('plan')} title="Start a new run from a plan (n)">
                    New run
                </a>
                {session.value.role === 'viewer' && (
                    <p class="hint bar-note" data-testid="viewer-note">
                        You are signed in as a viewer: you may watch and not steer.
                    </p>
                )}
            </div>
            <progress
                class="bar-progress"
                max={Math.max(1, known.last_round)}
                value={Math.min(done, known.last_round)}
                aria-label="Rounds done"
            />
        </section>
    );
}

interface ButtonProps {
    control: Exclude<Control, 'stop_now' | 'evict' | 'start'>;
    label: string;
    hint: string;
}

/** A control that makes no sense now can still be reached, and says why. */
function Button({ control, label, hint }: ButtonProps) {
    // A training that is stopping can still be stopped at once.
    const own = why_not.value[control];
    const obstacle = control === 'stop' ? why_not.value.stop_now && own : own;
    const is_main = (control === 'train' || control === 'resume') && obstacle === null;
    return (
        <button
            type="button"
            class={is_main ? 'primary' : undefined}
            data-testid={`${control}-button`}
            aria-disabled={obstacle !== null}
            title={obstacle ?? hint}
            onClick={() => use(control)}
        >
            {label}
            {obstacle !== null && <span class="hidden">, not now: {obstacle}</span>}
        </button>
    );
}

function Standing({ status }: { status: Status }) {
    const { phase } = status;
    const ending = state.value?.ending ?? null;
    const note = notes(status).join(' · ');
    return (
        <div class="standing">
            <strong class={`phase-pill phase-${standing_tone(phase, ending)}`} data-testid="phase" data-phase={phase}>
                {standing_name(phase, ending)}
            </strong>
            <span
                class="standing-round"
                data-testid="round"
                data-round={status.round}
                data-last-round={status.last_round}
            >
                Round <b>{count(status.round)}</b>
                {status.last_round >= status.round && ` of ${count(status.last_round)}`}
            </span>
            <span class="standing-note" title={note}>
                {note}
            </span>
        </div>
    );
}

function notes(status: Status): string[] {
    const open = open_round.value;
    const parts: string[] = [];
    if (!is_live.value) {
        return ['as of the last word of the master'];
    }
    if (status.stopping) {
        parts.push('stopping');
    } else if (status.pausing) {
        parts.push('pauses before the next round');
    } else if (status.phase === 'waiting' && status.workers < status.min_workers) {
        parts.push(`${status.workers} of ${plural(status.min_workers, 'worker')} needed`);
    }
    parts.push(...times(status));
    if (open !== null) {
        parts.push(
            `${open.updated.length}/${open.cohort.length} answered` +
                (open.dropped.length > 0 ? `, ${open.dropped.length} left out` : ''),
        );
    }
    return parts;
}

function times(status: Status): string[] {
    const since = state.value?.training_since ?? null;
    const busy = state.value?.training === true;
    const until = busy ? now.value : (state.value?.training_until ?? null);
    const last = rounds.value.at(-1);
    const left = busy && status.phase !== 'paused' ? time_left(rounds.value, status.last_round, status.target_accuracy !== null) : '';
    const parts = left === '' ? [] : [left];
    if (since !== null && until !== null) {
        // Before a restart of the master, and in trainings before this one; of the past the whole is known.
        const earlier = opened.value === null ? rounds.value : [];
        const before = earlier.reduce((sum, round) => sum + (round.time < since ? total_seconds(round) : 0), 0);
        parts.push(`${clock(before + until - since)} trained`);
    }
    if (!busy && last !== undefined) {
        parts.push(`last round ${duration(total_seconds(last))}`);
    }
    return parts;
}
