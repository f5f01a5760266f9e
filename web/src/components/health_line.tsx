import { duration, plural } from '../format';
import { ending_health, learning_health, stalled_health, waiting_health, type Health } from '../models/health';
import { usual_round } from '../models/time_left';
import { journal } from '../past';
import { href } from '../route';
import type { Worker } from '../protocol/run';
import { clients, now, open_round, rounds, state, status, workers } from '../store';
import { PeopleLine } from './people_line';

/** Workers named one by one; the rest is counted. */
const names_limit = 3;
/** Times the usual round: one that takes longer is told of. */
const slow_factor = 3;
/** Seconds; shorter rounds trouble nobody. */
const slow_least = 20;

/** How it goes, in a sentence; below it what somebody should look at. */
export function HealthLine() {
    const { text, tone } = health();
    const left_out = workers.value.filter((one) => one.state !== 'gone' && one.standing === 'left_out');
    const slow = slow_round();
    return (
        <div class="health">
            <p class={`health-line health-${tone}`} data-testid="health" data-tone={tone}>
                {`${text}.`}
            </p>
            {slow === null ? (
                <PeopleLine />
            ) : (
                <p class="people health-warning" data-testid="health-slow">
                    {slow}.
                </p>
            )}
            {left_out.slice(0, names_limit).map((worker) => (
                <LeftOut key={worker.worker} worker={worker} />
            ))}
            {left_out.length > names_limit && (
                <p class="health-more health-warning">
                    <a href={href('workers', { state: 'left out' })}>
                        {plural(left_out.length - names_limit, 'more worker')} left out
                    </a>
                </p>
            )}
        </div>
    );
}

function LeftOut({ worker }: { worker: Worker }) {
    return (
        <p class="health-more health-warning" data-testid="health-left-out">
            <a href={href('workers', { worker_card: String(worker.worker) })}>{worker.name}</a> is left out:{' '}
            {worker.reason}
        </p>
    );
}

function health(): Health {
    const known = status.value!;
    const training = state.value?.training === true;
    const ending = state.value?.ending ?? null;
    const list = rounds.value;
    if (ending !== null && !training) {
        return ending_health(ending, list);
    }
    const stalled = stalled_health(known.stalled_since, now.value);
    if (stalled !== null) {
        return stalled;
    }
    if (list.length === 0) {
        return waiting_health(known, training);
    }
    if (known.phase === 'failed') {
        return { text: 'Failed: the log says why', tone: 'bad' };
    }
    const found = learning_health(list);
    return known.phase === 'paused' ? { ...found, text: found.text.replace(/^Learning/, 'Paused') } : found;
}

/** Of a round that takes far longer than most: how long, and for whom it waits. */
function slow_round(): string | null {
    const open = open_round.value;
    const usual = usual_round(rounds.value);
    // The journal may still be reading up a round of long ago.
    const from = journal.open?.round === open?.round ? journal.open?.from : undefined;
    if (open === null || usual === null || from === undefined || status.value?.phase !== 'training') {
        return null;
    }
    const seconds = now.value - from;
    if (seconds < Math.max(slow_least, slow_factor * usual)) {
        return null;
    }
    const missing = open.cohort.filter((one) => !open.updated.includes(one) && !open.dropped.includes(one));
    const hosts = new Set(missing.map((one) => clients.value.find(({ client }) => client === one)?.worker ?? null));
    const names = workers.value.filter((one) => hosts.has(one.worker)).map((one) => one.name);
    const whom = names.length === 0 || names.length > names_limit ? plural(missing.length, 'client') : names.join(', ');
    return `Round ${open.round} takes ${duration(seconds)} so far, where ${duration(usual)} is usual: waiting for ${whom}`;
}
