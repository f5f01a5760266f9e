import { useEffect, useMemo } from 'preact/hooks';
import { Chart } from '../components/chart';
import { DataTable } from '../components/data_table';
import { RoundShares } from '../components/round_shares';
import { bytes_steps, bytes_tick } from '../components/ticks';
import { bytes, count, milliseconds, missing, plural, time_of_day } from '../format';
import { beat } from '../late';
import { sort_rows } from '../models/rows';
import type { Second } from '../models/traffic';
import { journal, look_far_back, reading } from '../past';
import { href } from '../route';
import { reading_text } from '../sentences';
import { rounds, workers } from '../store';

export function NetworkView() {
    useEffect(() => void look_far_back(), []);
    return (
        <>
            <section class="card" aria-labelledby="traffic-title">
                <div class="card-head">
                    <h2 id="traffic-title">Traffic</h2>
                </div>
                <Totals />
                <TrafficCharts />
            </section>
            <div class="pair">
                <section class="card" aria-labelledby="shares-title">
                    <h2 id="shares-title">What rounds are spent on</h2>
                    <RoundShares />
                </section>
                <Queues />
            </div>
            <QueueChart />
        </>
    );
}

/** Less is a heartbeat on its way, and no queue. */
const queue_least = 4096;

const time_text = (time: number): string => time_of_day(time);
const time_ticks = (time: number): string => time_of_day(time);
/** What comes in is drawn below zero. */
const size = (value: number | null | undefined): string => bytes(typeof value === 'number' ? Math.abs(value) : value);
const rate = (value: number | null | undefined): string => (typeof value === 'number' ? `${size(value)}/s` : missing);

/** All of it so far, and what a client costs. */
function Totals() {
    const list = rounds.value;
    if (list.length === 0) {
        return <p class="hint costs-line totals">What a round moves is summed up here from the first one on.</p>;
    }
    const out = list.reduce((sum, round) => sum + round.bytes_sent, 0);
    const into = list.reduce((sum, round) => sum + round.bytes_received, 0);
    const answers = list.reduce((sum, round) => sum + round.cohort.length, 0);
    return (
        <p class="costs-line totals" data-testid="traffic-totals">
            <span class="phrase">
                <b>{bytes(out + into)}</b> in {plural(list.length, 'round')}:
            </span>{' '}
            <span class="phrase">
                {bytes(out)} out, {bytes(into)} in;
            </span>{' '}
            <span class="phrase">
                <b>{bytes((out + into) / Math.max(1, answers))}</b> a client and round.
            </span>
        </p>
    );
}

/** Once a second there is a new second; the last is still being counted. */
function use_seconds(): { seconds: Second[]; x: number[] } {
    const second = Math.floor((beat.value, journal.traffic.seconds.at(-1)?.time ?? 0));
    return useMemo(() => {
        const seconds = journal.traffic.seconds.slice(0, -1).map((one) => ({ ...one }));
        return { seconds, x: seconds.map((one) => one.time) };
    }, [second]);
}

const common = { tick: bytes_tick, y_steps: bytes_steps };
const by_time = { x_text: time_text, x_tick: time_ticks, sync: 'seconds', ...common };

function TrafficCharts() {
    const { seconds, x } = use_seconds();
    const rates = useMemo(
        () => [
            { name: 'out', colour: 'train', filled: true, values: seconds.map((one) => one.sent) },
            { name: 'in', colour: 'test', filled: true, values: seconds.map((one) => -one.received) },
        ],
        [seconds],
    );
    const list = rounds.value;
    const round_x = useMemo(() => list.map((round) => round.round), [list]);
    const by_round = useMemo(
        () => [
            { name: 'out', colour: 'train', filled: true, values: list.map((round) => round.bytes_sent) },
            { name: 'in', colour: 'test', filled: true, values: list.map((round) => -round.bytes_received) },
        ],
        [list],
    );
    return (
        <>
            <div class="chart-pair">
                <Chart
                    test_id="chart-rate"
                    title="Bytes a second"
                    curves={rates}
                    format={rate}
                    empty={reading.value ? reading_text : 'Numbers come with the first worker.'}
                    x={x}
                    {...by_time}
                />
                <Chart
                    test_id="chart-round-bytes"
                    title="Bytes a round"
                    x={round_x}
                    whole_x
                    curves={by_round}
                    x_text={(round) => `round ${count(round)}`}
                    x_tick={count}
                    format={size}
                    empty="The curve starts with the first round."
                    {...common}
                />
            </div>
            <DataTable
                summary="Numbers of the last minutes"
                test_id="traffic-table"
                columns={['time', 'out', 'in', 'queued']}
                rows={() =>
                    [...seconds]
                        .reverse()
                        .slice(0, 120)
                        .map((one) => [time_of_day(one.time), rate(one.sent), rate(one.received), bytes(one.queued)])
                }
            />
            <DataTable
                summary="Numbers of the last rounds"
                columns={['round', 'out', 'in']}
                rows={() =>
                    list
                        .slice(-200)
                        .reverse()
                        .map((round) => [round.round, bytes(round.bytes_sent), bytes(round.bytes_received)])
                }
            />
        </>
    );
}

/** Only where there is a queue, and below all else, so that it moves nothing when it comes and goes. */
function QueueChart() {
    const { seconds, x } = use_seconds();
    const curves = useMemo(() => [{ name: 'queued', colour: 'train', values: seconds.map((one) => one.queued) }], [seconds]);
    return seconds.some((one) => one.queued >= queue_least) ? (
        <section class="card" aria-label="Queues">
            <Chart
                test_id="chart-queue"
                title="Waiting to be sent"
                curves={curves}
                format={bytes}
                bounds={[0, Infinity]}
                empty=""
                x={x}
                {...by_time}
            />
        </section>
    ) : null;
}

function Queues() {
    const present = workers.value.filter((worker) => worker.state !== 'gone');
    const has_queue = present.some((worker) => (worker.queued_bytes ?? 0) >= queue_least);
    const longest = sort_rows(present, (worker) => (has_queue ? worker.queued_bytes : worker.round_trip_ms) ?? 0, true).slice(0, 12);
    return (
        <section class="card" aria-labelledby="queues-title">
            <h2 id="queues-title">
                {has_queue ? 'Longest queues' : 'Slowest connections'} {present.length > 0 && <small>of {plural(present.length, 'worker')}</small>}
            </h2>
            {longest.length === 0 ? (
                <p class="hint">No worker is connected.</p>
            ) : (
                <table class="table table-fixed" data-testid="queues">
                    <thead>
                        <tr>
                            <th scope="col">Worker</th>
                            <th scope="col" class="number">
                                Queued
                            </th>
                            <th scope="col" class="number">
                                Round trip
                            </th>
                            <th scope="col" class="number wide">
                                Sent
                            </th>
                            <th scope="col" class="number wide">
                                Received
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {/* By place: a row that says something else moves nothing. */}
                        {longest.map((worker, place) => (
                            <tr key={place}>
                                <th scope="row">
                                    <a class="one-line" href={href('workers', { worker_card: String(worker.worker) })}>
                                        {worker.name}
                                    </a>
                                </th>
                                <td class="number">{bytes(worker.queued_bytes)}</td>
                                <td class="number">{milliseconds(worker.round_trip_ms)}</td>
                                <td class="number wide">{bytes(worker.bytes_sent)}</td>
                                <td class="number wide">{bytes(worker.bytes_received)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </section>
    );
}
