// A run in virtual time, event by event: many workers, stragglers, dropouts, workers that come and go. No clock
// and no chance: the same options give the same events.

const weight_bytes = 796_840;

/**
 * @param {{ workers?: number, clients_per_worker?: number, seconds?: number, start?: number }} options
 * @returns {Generator<Record<string, unknown>>} events with seq from 1 and time from start, ascending
 */
export function* virtual_run({ workers = 20, clients_per_worker = 2, seconds = 60, start = 1_000_000 } = {}) {
    let seq = 0;
    let time = start;
    const event = (type, fields) => ({ seq: (seq += 1), time: Math.round(time * 1000) / 1000, type, ...fields });
    const own = (worker) =>
        Array.from({ length: clients_per_worker }, (_, place) => (worker - 1) * clients_per_worker + place);
    const totals = new Map();
    const labels = [3, 1, 0, 6];

    function* join(worker, id) {
        totals.set(id, { sent: 0, received: 0 });
        yield event('worker_joined', {
            worker: {
                worker: id,
                name: `worker-${worker}`,
                address: '127.0.0.1:1',
                state: 'joined',
                joined: time,
                threads: 1,
                capacity: 0,
                version: '0.1.0',
                instruction_set: 'x86-64-v3',
                clients: [],
                samples: 0,
                cpu_percent: null,
                memory_bytes: null,
                round_trip_ms: null,
                bytes_sent: 0,
                bytes_received: 0,
                queued_bytes: null,
                loss: null,
                accuracy: null,
                reason: '',
            },
        });
        const clients = own(worker).map((client) => ({ client, samples: 10, labels }));
        yield event('worker_assigned', { worker: id, clients, samples: 10 * clients.length });
        yield event('worker_state', { worker: id, state: 'ready' });
    }

    /** By place: the number of the worker that is there now. */
    const ids = Array.from({ length: workers }, (_, place) => place + 1);
    let next_id = workers + 1;
    yield event('phase', { phase: 'waiting', round: 0 });
    for (const id of ids) {
        yield* join(id, id);
    }
    yield event('training_started', { round: 1, last_round: 1_000_000, target_accuracy: null });

    const end = start + seconds;
    let next_stats = start + 1;
    for (let round = 1; time < end; round += 1) {
        const began = time;
        const cohort = Array.from({ length: workers * clients_per_worker }, (_, client) => client);
        yield event('round_started', { round, cohort, clients_per_round: cohort.length });
        yield event('phase', { phase: 'training', round });
        const dropped = [];
        const straggler = round % workers;
        for (const [step, state] of ['receiving', 'training', 'sending', 'ready'].entries()) {
            time = began + [0.1, 0.3, 2, 2.2][step];
            for (const [place, id] of ids.entries()) {
                if (place === straggler && state !== 'receiving') {
                    continue;
                }
                yield event('worker_state', { worker: id, state });
                if (state !== 'sending') {
                    continue;
                }
                for (const client of own(place + 1)) {
                    if ((client + round) % 17 === 0) {
                        dropped.push({ client, reason: 'timed_out' });
                        yield event('client_dropped', { round, client, worker: id, reason: 'timed_out', detail: '' });
                    } else {
                        const loss = 1 / round + (client % 5) / 100;
                        const update = { round, client, worker: id, samples: 10, loss, accuracy: 1 - loss / 2 };
                        yield event('client_updated', { ...update, seconds: 1.7 });
                    }
                }
                const total = totals.get(id);
                total.sent += weight_bytes;
                total.received += weight_bytes * clients_per_worker;
            }
        }
        time = began + 4.5;
        yield event('worker_state', { worker: ids[straggler], state: 'training' });
        yield event('worker_state', { worker: ids[straggler], state: 'ready' });
        yield event('phase', { phase: 'evaluating', round });
        const compared = cohort.slice(0, 50).map((client) => ({ client, distance: 1 / round, cosine: 0.8 }));
        yield event('updates_compared', { round, step: 0.8 / round, clients: compared });
        yield event('model_evaluated', {
            round,
            samples: 10,
            classes: ['a', 'b'],
            confusion: [
                [4, 1],
                [1, 4],
            ],
            wrong: [],
        });
        const result = {
            round,
            cohort,
            dropped,
            train_loss: 1 / round,
            train_accuracy: 1 - 0.5 / round,
            test_loss: 1.1 / round,
            test_accuracy: 1 - 0.6 / round,
            seconds: { training: 4, evaluating: 0.5 },
            bytes_sent: weight_bytes * workers,
            bytes_received: weight_bytes * cohort.length,
            time,
        };
        yield event('round_finished', { result });
        for (; next_stats <= time; next_stats += 1) {
            for (const id of ids) {
                const { sent, received } = totals.get(id);
                yield event('worker_stats', {
                    worker: id,
                    cpu_percent: 90,
                    memory_bytes: 1e8,
                    round_trip_ms: 0.2,
                    bytes_sent: sent,
                    bytes_received: received,
                    queued_bytes: 0,
                });
            }
        }
        if (round % 10 === 0) {
            const place = (round / 10) % workers;
            totals.delete(ids[place]);
            yield event('worker_left', { worker: ids[place], name: `worker-${place + 1}`, reason: 'lost' });
            ids[place] = next_id;
            next_id += 1;
            yield* join(place + 1, ids[place]);
        }
        time += 0.1;
    }
}
