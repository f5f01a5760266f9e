import { useEffect } from 'preact/hooks';
import { clock, date } from '../format';
import { opened_error } from '../opened_run';
import { go_on_to, opened_run } from '../route';
import { read_runs, runs } from '../runs';
import { opened, present } from '../store';

/** In place of the steering: which run of the past is shown, and the way back. */
export function PastBar() {
    const run = opened_run.value;
    useEffect(() => void read_runs(), [run]);
    const known = runs.value?.find((one) => one.run === run);
    const has_present = (present.value?.status.run ?? '') !== '';
    const took = known?.ended == null ? '' : `, ${clock(known.ended - known.started)}`;
    return (
        <section class="bar past-bar" aria-label="The run that is shown" data-testid="past-bar" data-run={run} data-state={opened.value === null ? 'reading' : 'shown'}>
            <div class="standing">
                <strong class="past-name one-line">{known?.labels?.name || known?.plan || `Run ${run.slice(0, 8)}`}</strong>
                <span class="standing-note">
                    {opened_error.value ??
                        (known === undefined ? 'A run of the past' : `run ${run.slice(0, 8)}, ${date(known.started)}${took}`)}
                </span>
            </div>
            <div class="past-buttons">
                <button type="button" onClick={() => go_on_to('history', { of: run, runs: '' })}>
                    Compare
                </button>
                <button type="button" class="primary" data-testid="past-close" onClick={() => go_on_to(has_present ? 'run' : 'history', { of: '' })}>
                    {has_present ? 'Back to the present run' : 'Back to all runs'}
                </button>
            </div>
        </section>
    );
}
