import { clock, count, duration, loss, percent, plural } from '../format';
import type { Round, Status } from '../protocol';
import { phase_names } from '../sentences';
import { is_regression, now, open_round, rounds, state, status } from '../store';
import { PhaseStrip } from './phase_strip';

export function Overview() {
    const known = status.value!;
    return (
        <section class="card overview" aria-label="Overview">
            <PhaseStrip phase={known.phase} />
            <div class="tiles">
                <PhaseTile status={known} />
                <RoundTile status={known} />
                <ResultTile status={known} />
                <TimeTile status={known} />
            </div>
        </section>
    );
}

function PhaseTile({ status }: { status: Status }) {
    const { phase } = status;
    const since = state.value?.phase_since ?? null;
    let note = since === null ? '' : `for ${clock(now.value - since)}`;
    if (status.stopping) {
        note = 'stopping…';
    } else if (status.pausing) {
        note = 'pauses before the next round';
    } else if (phase === 'waiting' && status.workers < status.min_workers) {
        note = `${status.workers} of ${plural(status.min_workers, 'worker')} needed are here`;
    }
    return (
        <div class="tile">
            <span class="tile-name">Phase</span>
            <strong class={`tile-value phase-${phase}`} data-testid="phase" data-phase={phase}>
                {phase_names[phase] ?? phase}
            </strong>
            <span class="tile-note">{note}</span>
        </div>
    );
}

function RoundTile({ status }: { status: Status }) {
    const done = rounds.value.at(-1)?.round ?? 0;
    const open = open_round.value;
    const note =
        open !== null
            ? `${open.updated.length} of ${plural(open.cohort.length, 'client')} answered` +
              (open.dropped.length > 0 ? `, ${open.dropped.length} left out` : '')
            : `${plural(rounds.value.length, 'round')} done`;
    return (
        <div class="tile tile-wide">
            <span class="tile-name">Round</span>
            <strong
                class="tile-value"
                data-testid="round"
                data-round={status.round}
                data-last-round={status.last_round}
            >
                {count(status.round)} <small>of {count(status.last_round)}</small>
            </strong>
            <progress max={Math.max(1, status.last_round)} value={done} aria-label="Rounds done" />
            <span class="tile-note">{note}</span>
        </div>
    );
}

function ResultTile({ status }: { status: Status }) {
    const last = rounds.value.at(-1);
    if (is_regression.value) {
        return (
            <div class="tile">
                <span class="tile-name">Test loss</span>
                <strong class="tile-value">{loss(last?.test_loss)}</strong>
                <span class="tile-note">train {loss(last?.train_loss)}</span>
            </div>
        );
    }
    const target = status.target_accuracy;
    const reached = target !== null && (last?.test_accuracy ?? -1) >= target;
    return (
        <div class="tile">
            <span class="tile-name">Test accuracy</span>
            <strong class="tile-value" data-testid="test-accuracy">
                {percent(last?.test_accuracy)}
            </strong>
            <span class="tile-note">
                {target === null ? 'no target' : `target ${percent(target)}${reached ? ', reached' : ''}`}
            </span>
        </div>
    );
}

function TimeTile({ status }: { status: Status }) {
    const since = state.value?.training_since ?? null;
    const busy = state.value?.training === true;
    const until = busy ? now.value : (state.value?.training_until ?? null);
    const elapsed = since === null || until === null ? null : Math.max(0, until - since);
    const left = busy
        ? (status.last_round - (rounds.value.at(-1)?.round ?? 0)) * seconds_per_round(rounds.value)
        : NaN;
    const last = rounds.value.at(-1);
    let note = last === undefined ? '' : `last round ${duration(total_seconds(last))}`;
    if (Number.isFinite(left) && status.phase !== 'paused') {
        note = `about ${left < 59.5 ? `${Math.max(1, Math.round(left))} s` : clock(left)} left`;
    }
    return (
        <div class="tile">
            <span class="tile-name">Training time</span>
            <strong class="tile-value">{clock(elapsed)}</strong>
            <span class="tile-note">{note}</span>
        </div>
    );
}

function total_seconds(round: Round): number {
    return Object.values(round.seconds).reduce((sum, seconds) => sum + seconds, 0);
}

/** NaN before the first round. */
function seconds_per_round(rounds: Round[]): number {
    const recent = rounds.slice(-5).map(total_seconds);
    return recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
}
