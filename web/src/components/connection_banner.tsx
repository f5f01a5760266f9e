import { time_of_day } from '../format';
import { connection, last_heard, link, now_here } from '../store';

export function ConnectionBanner() {
    const current = link.value;
    if (current.kind === 'live' || current.kind === 'connecting') {
        return null;
    }
    const heard = last_heard.value;
    const as_of = heard === null ? '' : `What you see is as of ${time_of_day(heard)}. `;
    if (current.kind === 'signed_out') {
        return (
            <div class="banner banner-lost" data-testid="banner">
                <span>Your session has ended. {as_of}</span>
                <button type="button" onClick={() => location.reload()}>
                    Sign in again
                </button>
            </div>
        );
    }
    if (current.kind === 'polling') {
        return (
            <div class="banner banner-reconnecting" data-testid="banner">
                <span>
                    The master answers, but its live stream does not come through: a proxy between may need{' '}
                    <code>Upgrade</code> (see docs/proxy.md). The page asks once a second meanwhile.
                </span>
                <button type="button" onClick={() => connection.retry_now()}>
                    Try now
                </button>
            </div>
        );
    }
    // Reading the clock redraws the countdown once a second.
    const seconds =
        now_here.value && current.retry_at !== null ? Math.ceil((current.retry_at - Date.now()) / 1000) : 0;
    return (
        <div class={`banner banner-${current.kind}`} data-testid="banner">
            <span>
                {current.kind === 'lost'
                    ? 'The master does not answer.'
                    : 'The connection to the master is interrupted.'}{' '}
                {as_of}
                {seconds > 0 ? `Next try in ${seconds} s.` : 'Trying now…'}
            </span>
            <button type="button" onClick={() => connection.retry_now()}>
                Try now
            </button>
        </div>
    );
}
