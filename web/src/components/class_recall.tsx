import { rounds, status } from '../store';
import { ShareBars } from './share_bars';

/** What is known of classes without a confusion matrix: the last round's recall, also after the master was started again. */
export function ClassRecall() {
    const last = rounds.value.findLast((round) => Array.isArray(round.test_recall));
    const names = status.value?.test?.classes ?? [];
    if (last === undefined) {
        return <p class="hint">Which classes the model takes for which is drawn after its first test.</p>;
    }
    return (
        <>
            <p class="hint">
                Recall in round {last.round}. What is mistaken for what is drawn with the next test.
            </p>
            <ShareBars shares={last.test_recall!} names={names} narrow testid="class-recall" />
        </>
    );
}
