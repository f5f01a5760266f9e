import { clock, count, duration, plural } from '../format';
import type { Control } from '../models/controls';
import { total_seconds } from '../models/curves';
import type { Round, Status } from '../protocol';
import { phase_names } from '../sentences';
import { href } from '../route';
import { session } from '../store';
import { use, why_not } from '../steering';
import { now, open_round, rounds, state, status } from '../store';

/** Where the run stands and what can be done about it, above every view. */
export function ControlBar() {
    const known = status.value!;
    return (
        <section class="bar" aria-label="Steering">
            <Standing status={known} />
            <div class="bar-buttons">
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
            </div>
            {session.value.role === 'viewer' && (
                <p class="hint bar-note" data-testid="viewer-note">
                    You are signed in as a viewer: you may watch and not steer.
                </p>
            )}
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
    const open = open_round.value;
    const done = rounds.value.at(-1)?.round ?? 0;
    const parts: string[] = [];
    if (status.stopping) {
        parts.push('stopping');
    } else if (status.pausing) {
        parts.push('pauses before the next round');
    } else if (phase === 'waiting' && status.workers < status.min_workers) {
        parts.push(`${status.workers} of ${plural(status.min_workers, 'worker')} needed`);
    }
    if (open !== null) {
        parts.push(
            `${open.updated.length}/${open.cohort.length} answered` +
                (open.dropped.length > 0 ? `, ${open.dropped.length} left out` : ''),
        );
    }
    parts.push(...times(status));
    return (
        <div class="standing">
            <strong class={`pill phase-pill phase-${phase}`} data-testid="phase" data-phase={phase}>
                {phase_names[phase] ?? phase}
            </strong>
            <span
                class="standing-round"
                data-testid="round"
                data-round={status.round}
                data-last-round={status.last_round}
            >
                Round <b>{count(status.round)}</b> of {count(status.last_round)}
            </span>
            <progress max={Math.max(1, status.last_round)} value={done} aria-label="Rounds done" />
            <span class="standing-note">{parts.join(' · ')}</span>
        </div>
    );
}

function times(status: Status): string[] {
    const since = state.value?.training_since ?? null;
    const busy = state.value?.training === true;
    const until = busy ? now.value : (state.value?.training_until ?? null);
    const parts: string[] = [];
    if (since !== null && until !== null) {
        parts.push(`${clock(until - since)} trained`);
    }
    const last = rounds.value.at(-1);
    const left = (status.last_round - (last?.round ?? 0)) * seconds_per_round(rounds.value);
    if (busy && Number.isFinite(left) && status.phase !== 'paused') {
        parts.push(`about ${left < 59.5 ? `${Math.max(1, Math.round(left))} s` : clock(left)} left`);
    } else if (last !== undefined) {
        parts.push(`last round ${duration(total_seconds(last))}`);
    }
    return parts;
}

/** NaN before the first round. */
function seconds_per_round(list: Round[]): number {
    const recent = list.slice(-5).map(total_seconds);
    return recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
}
