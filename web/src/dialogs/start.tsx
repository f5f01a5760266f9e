import { run_from_dialog } from '../steering';
import { go } from '../route';
import { rounds, status } from '../store';
import { Frame } from './frame';

export function StartDialog({ plan }: { plan: string }) {
    const known = status.value!;
    return (
        <Frame
            title="Start a new run from this plan?"
            action="Start"
            danger
            control="start"
            on_submit={async () => {
                const result = await run_from_dialog({ command: 'start', plan });
                if (result.outcome === 'accepted') {
                    go('run');
                }
            }}
        >
            <p>
                The present run{known.plan !== '' && ` of ${known.plan}`} ends with round{' '}
                {rounds.value.at(-1)?.round ?? 0}
                {known.state_dir
                    ? '; it stays in the history.'
                    : '. There is no history here: save what you need first.'}
            </p>
            <p>The workers stay connected. Training begins as soon as there are enough of them.</p>
        </Frame>
    );
}
