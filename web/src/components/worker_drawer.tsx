import { bytes, count, duration, loss, milliseconds, missing, percent, plural, time_of_day } from '../format';
import { beat, costs, late } from '../late';
import { doings } from '../models/lane';
import { median } from '../models/statistics';
import { worker_standing } from '../models/worker_standing';
import { journal } from '../past';
import { href, href_with } from '../route';
import { ask_to_evict, why_not } from '../steering';
import { is_regression, master_time, workers } from '../store';
import { Drawer, Facts } from './drawer';
import { samples_of } from './worker_table';

/** Of what a round takes it: less is not told. */
const least_part = 0.05;

export function WorkerDrawer({ id }: { id: number }) {
    const worker = workers.value.find((one) => one.worker === id);
    if (worker === undefined) {
        return (
            <Drawer title={`Worker #${id}`} test_id="worker-drawer" subject={`worker ${id}`}>
                <p class="hint">There is no such worker, or it was gone so long ago that it is forgotten.</p>
            </Drawer>
        );
    }
    const gone = worker.state === 'gone';
    const obstacle = why_not.value.evict ?? (gone ? 'It is gone' : null);
    return (
        <Drawer title={worker.name} test_id="worker-drawer" subject={`worker ${id}`}>
            <p>
                <span class={`state state-${worker_standing(worker).replace(' ', '-')}`}>{worker_standing(worker)}</span>
                {late.value.has(id) && <span class="late">▲ late</span>}
                {worker.reason !== '' && <span class="reason"> {worker.reason}</span>}
            </p>
            <RoundTime id={id} />
            <Facts
                rows={[
                    ['Number', `#${worker.worker}`],
                    ['Address', worker.address],
                    ['Joined', time_of_day(worker.joined)],
                    ['Program', `${worker.version}, ${worker.instruction_set}`],
                    [
                        'Threads',
                        `${worker.threads}, ${worker.capacity > 0 ? `at most ${plural(worker.capacity, 'client')}` : 'any number of clients'}`,
                    ],
                    ['CPU', gone || worker.cpu_percent === null ? missing : percent(worker.cpu_percent / 100, 0)],
                    ['Memory', gone ? missing : bytes(worker.memory_bytes)],
                    ['Round trip', gone ? missing : milliseconds(worker.round_trip_ms)],
                    ['Sent to it', bytes(worker.bytes_sent)],
                    ['Received', bytes(worker.bytes_received)],
                    ['Waiting to be sent', gone ? missing : bytes(worker.queued_bytes)],
                    ['Samples', count(samples_of(worker))],
                    ['Loss', loss(worker.loss)],
                    ...(is_regression.value ? [] : [['Accuracy', percent(worker.accuracy)] as [string, string]]),
                ]}
            />
            <Work id={id} />
            <h3>Clients</h3>
            {worker.clients.length === 0 ? (
                <p class="hint">None.</p>
            ) : (
                <ul class="chips">
                    {worker.clients.slice(0, 200).map((client) => (
                        <li key={client}>
                            <a href={href_with({ client: String(client), worker_card: '' })}>{client}</a>
                        </li>
                    ))}
                    {worker.clients.length > 200 && <li>and {count(worker.clients.length - 200)} more</li>}
                </ul>
            )}
            <p class="drawer-buttons">
                <button
                    type="button"
                    class="danger"
                    data-testid="evict-button"
                    aria-disabled={obstacle !== null}
                    title={obstacle ?? 'Close its connection'}
                    onClick={() => {
                        if (!gone) {
                            ask_to_evict(id);
                        }
                    }}
                >
                    Evict…
                </button>
                <a class="button" href={href('log', { worker: String(id) })}>
                    In the log
                </a>
            </p>
        </Drawer>
    );
}

/** How long rounds wait for it and for what, beside the others: slow at computing and slow on the line are not one thing. */
function RoundTime({ id }: { id: number }) {
    const { of } = costs.value;
    const own = of.get(id);
    const others = [...of.values()].flatMap((one) => (one.worker === id ? [] : one.until));
    if (own === undefined || others.length === 0) {
        return null;
    }
    const parts = [
        ['loading', own.loading],
        ['training', own.computing],
        ['on the network', own.moving],
    ] as const;
    const told = parts.filter(([, seconds]) => seconds >= least_part * own.until);
    return (
        <p data-testid="round-time">
            A round has its answers after <b>{duration(own.until)}</b>
            {told.length > 0 && ` (${told.map(([what, seconds]) => `${duration(seconds)} ${what}`).join(', ')})`}, those of the
            others after {duration(median(others))}.
        </p>
    );
}

function Work({ id }: { id: number }) {
    void beat.value;
    const lane = journal.lanes.get(id);
    const to = master_time();
    const sums = lane?.seconds(to - 300, to);
    const whole = sums === undefined ? 0 : doings.reduce((sum, what) => sum + sums[what], 0);
    if (sums === undefined || whole === 0) {
        return null;
    }
    return (
        <>
            <h3>
                Its time <small>last 5 min</small>
            </h3>
            <ul class="bars">
                {doings
                    .filter((what) => sums[what] > 0)
                    .map((what) => (
                        <li key={what}>
                            <span class="bar-name">{what}</span>
                            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                                <rect class="meter-all" width="100" height="8" />
                                <rect class={`do-${what}`} width={(sums[what] / whole) * 100} height="8" />
                            </svg>
                            <span class="bar-value">{percent(sums[what] / whole, 0)}</span>
                        </li>
                    ))}
            </ul>
        </>
    );
}
