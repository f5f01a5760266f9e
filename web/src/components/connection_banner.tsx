import { time_of_day } from '../format';
import { connection, last_heard, link, now } from '../store';

export function ConnectionBanner() {
    const current = link.value;
    if (current.kind === 'live' || current.kind === 'connecting') {
        return null;
    }
    // Reading the clock redraws the countdown once a second.
    const seconds =
        now.value && current.retry_at !== null ? Math.ceil((current.retry_at - Date.now()) / 1000) : 0;
    const heard = last_heard.value;
    return (
        <div class={`banner banner-${current.kind}`}>
            <span>
                {current.kind === 'lost'
                    ? 'The master does not answer.'
                    : 'The connection to the master is interrupted.'}{' '}
                {heard !== null && `What you see is as of ${time_of_day(heard)}. `}
                {seconds > 0 ? `Next try in ${seconds} s.` : 'Trying now…'}
            </span>
            <button type="button" onClick={() => connection.retry_now()}>
                Try now
            </button>
        </div>
    );
}
