import { is_waiting, run_from_dialog, why_not } from '../steering';
import { status } from '../store';
import { Frame } from './frame';

export function StopDialog() {
    const obstacle = why_not.value.stop;
    const stop_now = why_not.value.stop_now;
    return (
        <Frame
            title="Stop the training?"
            action={obstacle === null ? 'After this round' : undefined}
            control="stop"
            on_submit={() => void run_from_dialog({ command: 'stop', now: false })}
            more={
                <button
                    type="button"
                    class="danger"
                    data-testid="stop-now"
                    disabled={stop_now !== null || is_waiting.value}
                    title={stop_now ?? ''}
                    onClick={() => void run_from_dialog({ command: 'stop', now: true })}
                >
                    Now
                </button>
            }
        >
            <p>
                <b>After this round</b>: round {status.value?.round} is finished, and counts.
            </p>
            <p>
                <b>Now</b>: what clients have done in round {status.value?.round} is thrown away; the model is
                that of the round before.
            </p>
        </Frame>
    );
}
