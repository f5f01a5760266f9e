import { duration } from '../format';
import { total_seconds } from '../models/curves';
import type { Phase } from '../protocol/run';
import { rounds, status } from '../store';

const parts: [phase: Phase, name: string][] = [
    ['loading_dataset', 'load data'],
    ['distributing_model', 'send model'],
    ['distributing_weights', 'send weights'],
    ['training', 'train'],
    ['aggregating', 'aggregate'],
    ['evaluating', 'evaluate'],
];

/** What the last round was spent on, as one thin line; the part that runs now is set off. */
export function PhaseBar() {
    const last = rounds.value.at(-1);
    const total = last === undefined ? 0 : total_seconds(last);
    let x = 0;
    return (
        <div class="phases" data-testid="phases">
            <svg viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="meter-all" width="1000" height="6" />
                {total > 0 &&
                    parts.map(([phase]) => {
                        const width = (1000 * (last?.seconds[phase] ?? 0)) / total;
                        const from = x;
                        x += width;
                        return <rect key={phase} class={`phase-part-${phase}`} x={from} width={Math.max(0, width - 1)} height="6" />;
                    })}
            </svg>
            <ol aria-label="What the last round was spent on">
                {parts.map(([phase, name]) => (
                    <li
                        key={phase}
                        class={phase === status.value?.phase ? 'phase-here' : undefined}
                        aria-current={phase === status.value?.phase ? 'step' : undefined}
                    >
                        <i class={`phase-key phase-key-${phase}`} />
                        {name} <b>{last?.seconds[phase] === undefined ? '' : duration(last.seconds[phase])}</b>
                    </li>
                ))}
            </ol>
        </div>
    );
}
