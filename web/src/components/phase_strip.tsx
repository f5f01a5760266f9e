import { duration, clock } from '../format';
import { phase_times } from '../models/phase_times';
import type { Phase } from '../protocol';
import { log, now, rounds, state, status } from '../store';

const steps: { phase: Phase; label: string }[] = [
    { phase: 'waiting', label: 'Wait' },
    { phase: 'loading_dataset', label: 'Load data' },
    { phase: 'distributing_model', label: 'Send model' },
    { phase: 'distributing_weights', label: 'Send weights' },
    { phase: 'training', label: 'Train' },
    { phase: 'aggregating', label: 'Aggregate' },
    { phase: 'evaluating', label: 'Evaluate' },
    { phase: 'paused', label: 'Paused' },
    { phase: 'finished', label: 'Finished' },
    { phase: 'failed', label: 'Failed' },
];
const loop: ReadonlySet<Phase> = new Set<Phase>([
    'distributing_weights',
    'training',
    'aggregating',
    'evaluating',
]);
const timeless: ReadonlySet<Phase> = new Set<Phase>(['finished', 'failed']);

/** The whole state machine: where it stands, and the time that was spent in each phase. */
export function PhaseStrip() {
    const known = status.value!;
    const since = state.value?.phase_since ?? null;
    const times = phase_times(rounds.value, log.value, known.phase, since, now.value);
    const total = steps.reduce((sum, { phase }) => sum + (timeless.has(phase) ? 0 : (times.get(phase) ?? 0)), 0);
    return (
        <ol class="strip" aria-label="Phases of the run, with the time spent in each">
            {steps.map(({ phase, label }) => {
                const seconds = timeless.has(phase) ? undefined : times.get(phase);
                const here = phase === known.phase;
                const share = total > 0 ? (seconds ?? 0) / total : 0;
                return (
                    <li
                        key={phase}
                        class={`step step-${phase}${here ? ' step-here' : ''}${loop.has(phase) ? ' step-loop' : ''}`}
                        aria-current={here ? 'step' : undefined}
                        title={seconds === undefined ? undefined : `${(share * 100).toFixed(1)} % of the time`}
                    >
                        <span class="step-label">{label}</span>
                        <span class="step-time">
                            {seconds ? (seconds < 59.5 ? duration(seconds) : clock(seconds)) : ''}
                        </span>
                        <svg class="step-share" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                            <rect width={share * 100} height="3" />
                        </svg>
                    </li>
                );
            })}
        </ol>
    );
}
