import { count, plural, ranges } from '../format';
import { drop_reason } from '../sentences';
import { log, rounds } from '../store';

/** Whose update does not count in the last round, and why: one line, whoever they are. */
export function LeftOutLine() {
    const last = rounds.value.at(-1);
    const told = last === undefined ? '' : tell(last.round, last.cohort.length, last.dropped);
    return (
        <p class="left-out one-line" data-testid="left-out" title={told}>
            {told}
        </p>
    );
}

function tell(round: number, asked: number, dropped: readonly { client: number; reason: string }[]): string {
    if (dropped.length === 0) {
        return `Round ${round}: ${asked === 1 ? 'the one update counts' : `all ${count(asked)} updates count`}.`;
    }
    const reasons = new Map<string, number[]>();
    for (const { client, reason } of dropped) {
        reasons.set(reason, [...(reasons.get(reason) ?? []), client]);
    }
    const parts = [...reasons].map(([reason, clients]) => {
        const detail = detail_of(round, clients[0]!);
        return (
            `${clients.length === 1 ? 'client' : plural(clients.length, 'client')} ${ranges(clients)}: ` +
            drop_reason(reason) +
            (detail === '' ? '' : ` (${detail})`)
        );
    });
    return `Round ${round} counts ${count(asked - dropped.length)} of ${count(asked)} updates, not those of ${parts.join('; ')}.`;
}

/** What the master said of it, as far as the log reaches. */
function detail_of(round: number, client: number): string {
    const found = log.value.findLast(
        (event) => event.type === 'client_dropped' && event.round === round && event.client === client,
    );
    return found?.type === 'client_dropped' ? found.detail : '';
}
