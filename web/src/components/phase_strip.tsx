import type { Phase } from '../protocol';

interface Step {
    phase: Phase;
    label: string;
}

const before: Step[] = [
    { phase: 'waiting', label: 'Waiting' },
    { phase: 'loading_dataset', label: 'Load data' },
    { phase: 'distributing_model', label: 'Send model' },
];
const loop: Step[] = [
    { phase: 'distributing_weights', label: 'Send weights' },
    { phase: 'training', label: 'Train' },
    { phase: 'aggregating', label: 'Aggregate' },
    { phase: 'evaluating', label: 'Evaluate' },
];
const paused: Step = { phase: 'paused', label: 'Paused' };
const after: Step[] = [
    { phase: 'finished', label: 'Finished' },
    { phase: 'failed', label: 'Failed' },
];
const line = [...before, ...loop].map((step) => step.phase);

/** The whole state machine, with the place where it stands. */
export function PhaseStrip({ phase }: { phase: Phase }) {
    const here = line.indexOf(phase);
    const draw = (step: Step) => {
        const place = line.indexOf(step.phase);
        const passed = place > 0 && place < here;
        return (
            <li
                key={step.phase}
                class={`step step-${step.phase}${step.phase === phase ? ' step-here' : passed ? ' step-passed' : ''}`}
                aria-current={step.phase === phase ? 'step' : undefined}
            >
                {step.label}
            </li>
        );
    };
    return (
        <ol class="strip" aria-label="Phases of a run">
            {before.map(draw)}
            <li class="loop">
                <span class="loop-name" aria-hidden="true">
                    every round
                </span>
                <ol aria-label="Every round">
                    {loop.map(draw)}
                    {draw(paused)}
                </ol>
            </li>
            <li>
                <ol aria-label="Ends">{after.map(draw)}</ol>
            </li>
        </ol>
    );
}
