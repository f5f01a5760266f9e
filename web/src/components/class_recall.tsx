import { percent } from '../format';
import { rounds, status } from '../store';

/** What is known of classes without a confusion matrix: the last round's recall, also after the master was started again. */
export function ClassRecall() {
    const last = rounds.value.findLast((round) => Array.isArray(round.test_recall));
    const names = status.value?.test?.classes ?? [];
    if (last === undefined) {
        return <p class="hint">What the model confuses with what is drawn after its first test.</p>;
    }
    return (
        <>
            <p class="hint">
                Recall in round {last.round}. The whole matrix comes with the next round: a master that was started
                again has none.
            </p>
            <ul class="bars bars-narrow" data-testid="class-recall">
                {last.test_recall!.map((share, label) => (
                    <li key={label}>
                        <span class="bar-name">{names[label] ?? label}</span>
                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                            <rect class="meter-all" width="100" height="8" />
                            <rect class="meter-part" width={(share ?? 0) * 100} height="8" />
                        </svg>
                        <span class="bar-value">{percent(share)}</span>
                    </li>
                ))}
            </ul>
        </>
    );
}
