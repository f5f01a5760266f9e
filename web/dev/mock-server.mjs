// A master without learning: serves the built page and speaks docs/api.md with made-up numbers, to look at the
// page and to test it where there is no fedasio-master.
//   node dev/mock-server.mjs [--port 8080] [--speed 1] [--rounds 15] [--regression] [--metrics 0] [--mishaps] [--clients 4]
//                            [--workers 4] [--fraction 1] [--viewer]
// --mishaps makes the third worker late, drops clients, makes one client and all of the second worker's odd, leaves
// the last worker out, and lets workers leave and come back. Clients test the model themselves.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { check_plan, make_plan, schema } from './mock_plan.mjs';

const { values: args } = parseArgs({
    options: {
        port: { type: 'string', default: '8080' },
        speed: { type: 'string', default: '1' },
        rounds: { type: 'string', default: '15' },
        metrics: { type: 'string', default: '0' },
        clients: { type: 'string', default: '4' },
        workers: { type: 'string', default: '4' },
        fraction: { type: 'string', default: '1' },
        regression: { type: 'boolean', default: false },
        mishaps: { type: 'boolean', default: false },
        viewer: { type: 'boolean', default: false },
    },
});
const speed = Number(args.speed);
const planned_rounds = Number(args.rounds);
const client_count = Number(args.clients);
const worker_count = Number(args.workers);
const class_names = 'T-shirt,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Boot'.split(',');
const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const now = () => Date.now() / 1000;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// Made-up numbers come from a small generator with a seed, so that two runs look alike.
let noise_state = 1;
function noise() {
    noise_state = (noise_state * 48271) % 2147483647;
    return noise_state / 2147483647;
}

// State

const instance = randomBytes(8).toString('hex');
const kept_events = 20_000;
const log_types = new Set(
    (
        'phase worker_joined worker_left training_started client_dropped round_finished training_finished ' +
        'model_saved model_loaded pause_requested plan_changed command notice'
    ).split(' '),
);
let seq = 0;
const events = [];
/** By socket: the number of the last event that it was sent on opening. */
const sockets = new Map();
const status = {
    phase: 'waiting',
    run: randomBytes(8).toString('hex'),
    round: 0,
    checkpoint_round: 0,
    last_round: planned_rounds,
    deadline: 600,
    fraction: Number(args.fraction),
    clients_per_round: 0,
    state_dir: true,
    target_accuracy: args.regression ? null : 0.86,
    pausing: false,
    stopping: false,
    plan: args.regression ? 'housing-mlp' : 'fashion-mnist-2nn',
    plan_digest: sha256('plan'),
    seed: 1,
    parameters: 199210,
    task: args.regression ? 'regression' : 'classification',
    min_workers: 1,
    workers: 0,
    clients: 0,
    clients_planned: client_count,
    version: '0.1.0',
    instruction_set: 'x86-64-v3',
    started: now(),
    now: 0,
    models: [],
};
const saved_rounds = new Map();
const workers = [];
const clients = Array.from({ length: client_count }, (_, client) => ({
    client,
    worker: null,
    samples: Math.floor(60000 / client_count),
    round: null,
    loss: null,
    accuracy: null,
    seconds: null,
    reason: '',
    labels: null,
    distance: null,
    cosine: null,
    test_round: null,
    test_samples: 0,
    test_loss: null,
    test_accuracy: null,
    test_r2: null,
    test_rmse: null,
    test_mae: null,
    test_auc: null,
    test_recall: null,
    test_reason: '',
}));
const rounds = [];
const past_runs = [];
let plan = make_plan(status.plan, planned_rounds, client_count, status.fraction, args.regression);
let evaluation = null;
let learned = 0;

let batch = [];

function publish(type, fields) {
    seq += 1;
    const event = { seq, time: now(), type, ...fields };
    events.push(event);
    if (events.length > kept_events) {
        events.shift();
    }
    batch.push(event);
    if (batch.length === 1) {
        setTimeout(send_batch, 50);
    }
}

function send_batch() {
    const sent = batch;
    batch = [];
    for (const [socket, after] of sockets) {
        const own = sent.filter((event) => event.seq > after);
        if (own.length > 0) {
            socket.send(JSON.stringify(own.length === 1 ? own[0] : { type: 'events', events: own }));
        }
    }
}

function status_now() {
    status.now = now();
    status.workers = workers.filter((worker) => worker.state !== 'gone').length;
    status.clients = clients.filter((client) => client.worker !== null).length;
    status.clients_per_round = cohort_size();
    return status;
}

function snapshot() {
    const log = events.filter((event) => log_types.has(event.type)).slice(-200);
    return { type: 'snapshot', instance, seq, status: status_now(), workers, clients, rounds, log, evaluation };
}

function enter(phase) {
    status.phase = phase;
    publish('phase', { phase, round: status.round });
}

function set_worker_state(worker, state) {
    if (worker.state !== 'gone') {
        worker.state = state;
        publish('worker_state', { worker: worker.worker, state });
    }
}

function join(name) {
    const id = workers.length + 1;
    const worker = {
        worker: id,
        name,
        address: `127.0.0.1:${41000 + id * 11}`,
        state: 'joined',
        joined: now(),
        threads: 1,
        capacity: 0,
        version: '0.1.0',
        instruction_set: 'x86-64-v3',
        clients: [],
        samples: 0,
        cpu_percent: 0,
        memory_bytes: 90e6,
        round_trip_ms: 0.2,
        bytes_sent: 0,
        bytes_received: 0,
        queued_bytes: 0,
        loss: null,
        accuracy: null,
        seconds: null,
        standing: 'takes_part',
        reason: '',
    };
    workers.push(worker);
    publish('worker_joined', { worker: { ...worker } });
    const present = workers.filter((other) => other.state !== 'gone').length;
    const share = Math.ceil(client_count / Math.max(worker_count, present));
    const own = clients.filter((client) => client.worker === null).slice(0, share);
    for (const client of own) {
        client.worker = id;
        client.labels = args.regression
            ? null
            : class_names.map(() => Math.floor((noise() ** 3 * 4 * client.samples) / class_names.length));
    }
    worker.clients = own.map((client) => client.client);
    worker.samples = own.reduce((sum, client) => sum + client.samples, 0);
    publish('worker_assigned', {
        worker: id,
        clients: own.map(({ client, samples, labels }) => ({ client, samples, labels })),
        samples: worker.samples,
    });
    set_worker_state(worker, 'ready');
}

function leave(worker, reason) {
    worker.state = 'gone';
    worker.reason = reason;
    worker.clients = [];
    for (const client of clients) {
        if (client.worker === worker.worker) {
            client.worker = null;
        }
    }
    publish('worker_left', { worker: worker.worker, name: worker.name, reason });
}

// The run

class Stopped extends Error {}

const wait = async (milliseconds) => {
    await new Promise((done) => setTimeout(done, milliseconds / speed));
    if (stops_now) {
        throw new Stopped();
    }
};

let stops_now = false;
let wake = null;
let loaded = false;
let busy = false;

async function run_training(count, target) {
    busy = true;
    const first = status.round + 1;
    status.last_round = status.round + count;
    status.target_accuracy = target;
    publish('training_started', { round: first, last_round: status.last_round, target_accuracy: target });
    let outcome = 'rounds_done';
    try {
        if (!loaded) {
            enter('loading_dataset');
            await wait(300);
            enter('distributing_model');
            await wait(200);
            loaded = true;
        }
        while (status.round < status.last_round) {
            if (status.pausing) {
                status.pausing = false;
                enter('paused');
                await new Promise((done) => {
                    wake = done;
                });
                wake = null;
                if (status.stopping) {
                    throw new Stopped();
                }
            }
            if (status.stopping) {
                throw new Stopped();
            }
            const result = await run_round();
            if (target !== null && result.test_accuracy !== null && result.test_accuracy >= target) {
                outcome = 'target_reached';
                break;
            }
        }
    } catch (error) {
        if (!(error instanceof Stopped)) {
            throw error;
        }
        outcome = 'stopped';
        status.round = rounds.at(-1)?.round ?? 0;
    }
    status.stopping = false;
    stops_now = false;
    status.pausing = false;
    busy = false;
    workers.forEach((worker) => set_worker_state(worker, 'ready'));
    publish('training_finished', {
        outcome,
        detail: '',
        round: status.round,
        weights_sha256: sha256(`weights ${learned}`),
    });
    enter('finished');
}

function cohort_size() {
    return Math.max(1, Math.round(status.fraction * client_count));
}

const weight_bytes = 796840;

async function run_worker(worker, cohort, round, dropped, is_late) {
    set_worker_state(worker, 'receiving');
    worker.bytes_sent += weight_bytes;
    worker.queued_bytes = is_late ? 600_000 : 0;
    await wait(40 + 80 * noise());
    worker.queued_bytes = 0;
    for (const id of cohort.filter((one) => clients[one].worker === worker.worker)) {
        const client = clients[id];
        set_worker_state(worker, 'training');
        await wait((is_late ? 900 : 180) * (0.7 + 0.6 * noise()));
        if (client.worker === null) {
            continue;
        }
        client.round = round;
        if (args.mishaps && noise() < 0.04) {
            client.reason = noise() < 0.5 ? 'timed_out' : 'lost';
            dropped.push({ client: id, reason: client.reason });
            publish('client_dropped', {
                round,
                client: id,
                worker: client.worker,
                reason: client.reason,
                detail: client.reason === 'lost' ? 'connection reset by peer' : '',
            });
            continue;
        }
        set_worker_state(worker, 'sending');
        await wait(20 + 40 * noise());
        if (client.worker === null) {
            continue;
        }
        const odd = is_odd(client);
        client.loss = loss_at(0.05 * (noise() - 0.5)) * (odd ? 2.4 : 1);
        client.accuracy = accuracy_at(0.03 * (noise() - 0.5) - (odd ? 0.3 : 0));
        client.seconds = (0.2 + 0.2 * noise()) * (is_late ? 4 : 1);
        client.reason = '';
        worker.loss = client.loss;
        worker.accuracy = client.accuracy;
        worker.bytes_received += weight_bytes;
        const { worker: host, samples, loss, accuracy, seconds } = client;
        publish('client_updated', { round, client: id, worker: host, samples, loss, accuracy, seconds });
    }
    set_worker_state(worker, 'ready');
}

const accuracy_at = (extra) =>
    args.regression ? null : Math.min(0.99, 0.9 - 0.35 * Math.exp(-(learned + 1) / 4) + extra);
const loss_at = (extra) => 0.3 + 0.9 * Math.exp(-(learned + 1) / 4) + extra;

/** One by itself, and all of a worker whose labels are wrong. */
function is_odd(client) {
    return args.mishaps && (client.client === 7 || (worker_count > 4 && client.worker === 2));
}

function compare(round, answered) {
    const step = 0.9 * Math.exp(-learned / 12);
    const compared = answered.map((id) => {
        const odd = is_odd(clients[id]);
        clients[id].distance = step * (odd ? 3.1 : 1.2 + 0.4 * noise());
        clients[id].cosine = odd ? -0.12 : 0.72 + 0.18 * noise();
        return { client: id, distance: clients[id].distance, cosine: clients[id].cosine };
    });
    publish('updates_compared', { round, step, clients: compared });
    const arrays = layer_names.map((name, place) => ({
        name,
        weights: 4 + place + round / 50,
        update: step / (2 + place),
        units: name.endsWith('kernel') ? 32 << place : 0,
        still: name.endsWith('kernel') && place > 1 ? round % 4 : 0,
    }));
    publish('layers_measured', { round, arrays });
}

const layer_names = ['1.conv2d.kernel', '1.conv2d.bias', '4.dense.kernel', '4.dense.bias'];

/** Bells, the wider the further in. */
function histogram(place) {
    const bins = Array.from({ length: 60 }, (_, bin) => Math.round(9000 * Math.exp(-(((bin - 29 + 3 * place) / 7) ** 2) / 2) + 3 * noise()));
    const values = bins.reduce((sum, one) => sum + one, 3);
    return {
        model: null, run: status.run, round: rounds.at(-1)?.round ?? 0, name: layer_names[place], dims: [values], values, not_finite: 0,
        zeros: 412, minimum: -0.81, maximum: 1.93, mean: -0.0021, deviation: 0.071, low: -0.31, width: 0.0104, bins, below: 2, above: 1, arrays: layer_names,
    };
}

function evaluate(round, accuracy) {
    const size = class_names.length;
    const confusion = class_names.map((_, row) => {
        const own = 1000 * Math.min(0.99, accuracy + 0.12 * Math.sin(row * 2.1));
        const line = class_names.map((__, column) =>
            row === column ? own : ((1000 - own) * (1 + ((row * 7 + column * 3) % 5))) / (3 * size),
        );
        return line.map(Math.round);
    });
    const wrong = Array.from({ length: 24 }, (_, place) => ({
        index: 37 * place + round,
        label: (place * 3) % size,
        predicted: (place * 3 + 1 + (place % 4)) % size,
        confidence: 0.999 - place * 0.006,
    }));
    evaluation = { round, samples: 1000 * size, classes: class_names, confusion, wrong };
    publish('model_evaluated', evaluation);
    if (args.mishaps) {
        const tested = clients.map(({ client, samples }) => ({
            client,
            samples: Math.round(samples / 5),
            loss: 1 - accuracy,
            accuracy: Math.min(1, Math.max(0, accuracy - 0.2 * ((client * 7919) % 100) ** 2 / 1e4 + 0.03 * noise())),
            r2: null,
            rmse: null,
            mae: null,
            auc: null,
            recall: null,
            reason: '',
        }));
        publish('clients_evaluated', { round, clients: tested });
    }
}

/** Predictions that fall short of the highest values, and come nearer from round to round. */
function evaluate_values(round) {
    const counts = new Map();
    for (let sample = 0; sample < 2000; ++sample) {
        const normal = () => noise() + noise() + noise() + noise() - 2;
        const truth = 1.8 * normal();
        const said = Math.min(truth, 1 + 0.4 * truth) + 0.8 * loss_at(0) * normal();
        const [row, column] = [truth, said].map((value) => Math.min(23, Math.max(0, Math.floor((value + 3) / 0.25))));
        counts.set(24 * row + column, (counts.get(24 * row + column) ?? 0) + 1);
    }
    const cells = [...counts].sort(([one], [other]) => one - other).map(([place, samples]) => [Math.floor(place / 24), place % 24, samples]);
    const histogram = { label: 'price', low: 20, width: 5.5, bins: 24, cells };
    evaluation = { round, samples: 2000, classes: [], confusion: null, wrong: [], histogram };
    publish('model_evaluated', evaluation);
}

/** What trainers of their own would tell. */
function own_metrics(round) {
    const names = ['auc', 'f1/macro', 'top5', 'brier', 'ece', 'lift@10'].slice(0, Number(args.metrics));
    const told = (shift) =>
        Object.fromEntries(names.map((name, place) => [name, 1 - Math.exp(-(round + place + shift) / 5) + 0.02 * noise()]));
    return names.length === 0 ? {} : { train_metrics: told(0.5), test_metrics: told(0) };
}

async function run_round() {
    status.round += 1;
    const { round } = status;
    const began = now();
    const present = clients.filter((client) => client.worker !== null).map((client) => client.client);
    const cohort = present
        .map((id) => [noise(), id])
        .sort(([a], [b]) => a - b)
        .slice(0, cohort_size())
        .map(([, id]) => id)
        .sort((a, b) => a - b);
    publish('round_started', { round, cohort });
    enter('distributing_weights');
    const active = workers.filter((worker) => worker.state !== 'gone');
    await wait(60);
    enter('training');
    const training = now();
    const dropped = [];
    const late = args.mishaps ? new Set([3, active[(round * 5) % active.length]?.worker].slice(0, round % 4 === 0 ? 2 : 1)) : new Set();
    await Promise.all(
        active.map((worker) => run_worker(worker, cohort, round, dropped, late.has(worker.worker))),
    );
    const aggregating = now();
    enter('aggregating');
    await wait(40);
    const lost = new Set(dropped.map((one) => one.client));
    compare(round, cohort.filter((id) => !lost.has(id) && clients[id].round === round));
    enter('evaluating');
    await wait(120);
    const result = {
        round,
        cohort,
        dropped,
        train_loss: loss_at(0.03 * noise()),
        train_accuracy: accuracy_at(0.012 * noise()),
        test_loss: loss_at(0.03 + 0.05 * noise()),
        test_accuracy: accuracy_at(-0.014 + 0.02 * noise()),
        seconds: {
            loading_dataset: 0,
            distributing_model: 0,
            distributing_weights: training - began,
            training: aggregating - training,
            aggregating: 0.04 / speed,
            evaluating: 0.12 / speed,
        },
        bytes_sent: weight_bytes * active.length,
        bytes_received: weight_bytes * (cohort.length - dropped.length),
        time: now(),
        ...own_metrics(round),
    };
    learned += 1;
    rounds.push(result);
    if (args.regression) {
        evaluate_values(round);
    } else {
        evaluate(round, result.test_accuracy);
    }
    publish('round_finished', { result });
    if (round % 5 === 0) {
        status.checkpoint_round = round;
        publish('checkpoint', { round });
    }
    if (args.mishaps && round % 6 === 4) {
        leave(active[active.length - 1], 'no heartbeat for 10 s');
        setTimeout(() => join(`worker-${workers.length + 1}`), 2500 / speed);
    }
    return result;
}

function end_run(outcome) {
    const last = rounds.at(-1);
    const accuracies = rounds.map((round) => round.test_accuracy).filter((value) => value !== null);
    return {
        run: status.run,
        plan: status.plan,
        plan_digest: status.plan_digest,
        seed: status.seed,
        version: status.version,
        instruction_set: status.instruction_set,
        started: status.started,
        ended: outcome === null ? null : now(),
        outcome,
        detail: outcome === null ? null : `${rounds.length} rounds`,
        weights_sha256: outcome === null ? null : sha256(`weights ${learned}`),
        rounds: last?.round ?? 0,
        best_test_accuracy: accuracies.length > 0 ? Math.max(...accuracies) : null,
        last_test_accuracy: last?.test_accuracy ?? null,
        last_test_loss: last?.test_loss ?? null,
    };
}

function start_run({ plan: next, plan_digest }) {
    past_runs.unshift({ ...end_run('stopped'), plan_json: plan, all: [...rounds] });
    plan = next;
    learned = 0;
    rounds.length = 0;
    evaluation = null;
    Object.assign(status, {
        run: randomBytes(8).toString('hex'),
        plan: next.name ?? 'new plan',
        plan_digest,
        round: 0,
        phase: 'waiting',
        last_round: next.rounds,
        target_accuracy: next.target_accuracy ?? null,
        started: now(),
    });
    const { run, seed, task, clients_planned, min_workers, last_round, target_accuracy } = status;
    const { deadline, fraction, state_dir, version, instruction_set, models } = status;
    publish('run_opened', {
        run,
        plan: status.plan,
        plan_digest,
        seed,
        task,
        clients_planned,
        min_workers,
        last_round,
        target_accuracy,
        deadline,
        fraction,
        state_dir,
        version,
        instruction_set,
        models,
    });
    for (const worker of workers.filter((one) => one.state !== 'gone')) {
        const own = clients.filter((client) => client.worker === worker.worker);
        worker.state = 'joined';
        publish('worker_assigned', {
            worker: worker.worker,
            clients: own.map(({ client, samples, labels }) => ({ client, samples, labels })),
            samples: worker.samples,
        });
        set_worker_state(worker, 'ready');
    }
    void run_training(last_round, target_accuracy);
}

/** Runs of other days, so that there is a history. */
function make_past() {
    for (let number = 0; number < 5; number += 1) {
        const rate = [0.01, 0.03, 0.1, 0.3, 0.1][number];
        const all = Array.from({ length: 20 }, (_, place) => {
            const progress = 1 - Math.exp((-(place + 1) * rate * 4) / 2);
            return {
                round: place + 1,
                cohort: [0, 1, 2, 3],
                dropped: [],
                train_loss: 1.1 - 0.8 * progress + 0.02 * noise(),
                train_accuracy: args.regression ? null : 0.5 + 0.38 * progress + 0.01 * noise(),
                test_loss: 1.15 - 0.8 * progress + 0.04 * noise(),
                test_accuracy: args.regression ? null : 0.48 + 0.38 * progress + 0.02 * noise(),
                seconds: { training: 0.8, evaluating: 0.1 },
                bytes_sent: weight_bytes * 4,
                bytes_received: weight_bytes * 4,
                time: now() - 86_400 * (number + 1) + place,
            };
        });
        const last = all.at(-1);
        past_runs.push({
            run: randomBytes(8).toString('hex'),
            plan: status.plan,
            plan_digest: sha256(`plan ${number}`),
            seed: 1,
            version: status.version,
            instruction_set: status.instruction_set,
            started: all[0].time - 1,
            ended: last.time,
            outcome: number === 3 ? 'stopped' : 'rounds_done',
            detail: '20 rounds done',
            weights_sha256: sha256(`past ${number}`),
            rounds: 20,
            best_test_accuracy: last.test_accuracy,
            last_test_accuracy: last.test_accuracy,
            last_test_loss: last.test_loss,
            plan_json: make_plan(status.plan, 20, client_count, 1, args.regression, rate),
            all,
        });
    }
}

setInterval(() => {
    for (const worker of workers.filter((one) => one.state !== 'gone')) {
        worker.cpu_percent = worker.state === 'training' ? 88 + 12 * noise() : 3 * noise();
        worker.memory_bytes = 118e6 + 8e6 * noise();
        worker.round_trip_ms = 0.15 + 0.2 * noise();
        const { cpu_percent, memory_bytes, round_trip_ms, bytes_sent, bytes_received } = worker;
        publish('worker_stats', {
            worker: worker.worker,
            cpu_percent,
            memory_bytes,
            round_trip_ms,
            bytes_sent,
            bytes_received,
            queued_bytes: worker.queued_bytes,
        });
    }
}, 1000).unref();

// Commands

const accept = (message) => ({ code: 200, body: { accepted: true, message } });
const refuse = (reason) => ({ code: 409, body: { accepted: false, reason } });
const reject = (reason) => ({ code: 400, body: { accepted: false, reason } });

function check_name(name) {
    return typeof name === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(name)
        ? null
        : reject('a name has 1 to 64 letters, digits, ".", "_" or "-"');
}

const commands = {
    train({ rounds: count = planned_rounds, target_accuracy: target = null }) {
        if (!Number.isInteger(count) || count < 1) {
            return reject('"rounds" must be a whole number of at least 1');
        }
        if (target !== null && !(typeof target === 'number' && target > 0 && target <= 1)) {
            return reject('"target_accuracy" must be over 0 and at most 1');
        }
        if (busy) {
            return refuse('training is running; stop it first');
        }
        if (!workers.some((worker) => worker.state !== 'gone')) {
            return refuse('no worker is connected');
        }
        setImmediate(() => void run_training(count, target));
        return accept(`training ${count} rounds`);
    },
    pause() {
        if (!busy || status.phase === 'paused') {
            return refuse(busy ? 'the run is paused' : 'nothing is running');
        }
        status.pausing = true;
        publish('pause_requested', { pausing: true });
        return accept('pausing before the next round');
    },
    resume() {
        if (wake !== null) {
            wake();
            return accept('going on');
        }
        if (status.pausing) {
            status.pausing = false;
            publish('pause_requested', { pausing: false });
            return accept('the run goes on without a pause');
        }
        return refuse('the run is not paused');
    },
    stop({ now: at_once = false }) {
        if (!busy) {
            return refuse('nothing is running');
        }
        status.stopping = true;
        stops_now = at_once;
        wake?.();
        return accept(at_once ? 'stopping now' : 'stopping after this round');
    },
    evict({ worker: id }) {
        const worker = workers.find((one) => one.worker === id && one.state !== 'gone');
        if (worker === undefined) {
            return refuse(`there is no worker #${id}`);
        }
        leave(worker, 'evicted from the dashboard');
        return accept(`${worker.name} is sent away; it may come back by itself`);
    },
    change({ rounds: last = status.last_round, target_accuracy: target = status.target_accuracy, deadline = status.deadline, fraction = status.fraction }) {
        if (!(fraction > 0 && fraction <= 1)) {
            return reject('"fraction" must be over 0 and at most 1');
        }
        if (last < status.round) {
            return refuse(`round ${status.round} has begun: the last round cannot be ${last}`);
        }
        Object.assign(status, { last_round: last, target_accuracy: target, deadline, fraction });
        publish('plan_changed', { round: status.round + 1, last_round: last, target_accuracy: target, deadline, fraction });
        return accept('changed from the next round on');
    },
    start({ plan: text }) {
        if (busy) {
            return refuse('training is running; stop it first');
        }
        const checked = check_plan(String(text), sha256);
        if (!checked.ok) {
            return reject(`${checked.path}: ${checked.message}`);
        }
        setImmediate(() => start_run(checked));
        return accept('a new run starts');
    },
    save({ name }) {
        const wrong = check_name(name);
        if (wrong !== null) {
            return wrong;
        }
        saved_rounds.set(name, { round: rounds.at(-1)?.round ?? 0, learned });
        status.models = [...saved_rounds.keys()].sort();
        const { round } = saved_rounds.get(name);
        publish('model_saved', { name, path: `models/${name}.safetensors`, round, models: status.models });
        return accept(`saved as ${name}`);
    },
    load({ name }) {
        const wrong = check_name(name);
        if (wrong !== null) {
            return wrong;
        }
        if (busy) {
            return refuse('training is running; stop it first');
        }
        if (!saved_rounds.has(name)) {
            return refuse(`there is no saved model "${name}"`);
        }
        const saved = saved_rounds.get(name);
        learned = saved.learned;
        publish('model_loaded', { name, round: saved.round });
        return accept(`${name} is the global model`);
    },
};

function run_command(text) {
    let body;
    try {
        body = JSON.parse(text);
    } catch {
        return reject('the body is not JSON');
    }
    if (args.viewer) {
        return { code: 403, body: { accepted: false, reason: 'viewers may watch and not steer' } };
    }
    if (body === null || typeof body !== 'object' || !Object.hasOwn(commands, body.command)) {
        return reject('"command" must be one of train, pause, resume, stop, save, load, evict, change, start');
    }
    const answer = commands[body.command](body);
    const { accepted, reason, message } = answer.body;
    publish('command', { command: body.command, accepted, reason: reason ?? message });
    return answer;
}

// HTTP

const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const files = {
    '/': ['index.html', 'text/html; charset=utf-8'],
    '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
    '/app.css': ['app.css', 'text/css; charset=utf-8'],
    '/favicon.svg': ['favicon.svg', 'image/svg+xml'],
};
const pass = ({ all: _all, plan_json: _plan, ...run }) => run;
const every_run = () => [{ ...end_run(null), plan_json: plan, all: rounds }, ...past_runs];

function sample(index) {
    const pixels = Array.from({ length: 784 }, (_, at) => {
        const [x, y] = [(at % 28) - 14, Math.floor(at / 28) - 14];
        return Math.max(0, Math.round(255 - 20 * Math.abs(Math.hypot(x * (1 + (index % 3) / 2), y) - 6 - (index % 5))));
    });
    return { index, shape: [1, 28, 28], label: index % 10, pixels };
}

/** By pattern of the path: what is there, or undefined. */
const objects = [
    [/^status$/, status_now],
    [/^workers$/, () => workers],
    [/^clients$/, () => clients],
    [/^rounds$/, () => rounds],
    [/^rounds\/summary$/, () => ({ run: status.run, rounds_looked_at: 0, usual: null, workers: [], rounds: [], layers: { names: [], units: [], rounds: [] } })],
    [/^plan$/, () => plan],
    [/^plan\/schema$/, () => schema],
    [/^session$/, () => ({ role: args.viewer ? 'viewer' : 'operator', protected: args.viewer })],
    [/^report$/, () => ({ plan_digest: status.plan_digest, rounds })],
    [/^samples\/(\d+)$/, (index) => (Number(index) < 10_000 ? sample(Number(index)) : undefined)],
    [/^runs$/, () => every_run().map(pass)],
    [/^runs\/(\w+)$/, (run) => every_run().map(({ all: _all, ...one }) => one).find((one) => one.run === run)],
    [/^runs\/(\w+)\/rounds$/, (run) => every_run().find((one) => one.run === run)?.all],
    [/^runs\/(\w+)\/report$/, (run) => every_run().find((one) => one.run === run)],
    [/^runs\/(\w+)\/rounds\/(\d+)\/clients$/, () => []],
    [/^models?\/(?:\S+\/)?arrays\/(\d)\/histogram$/, (place) => (layer_names[place] ? histogram(Number(place)) : undefined)],
    [/^model(?:s\/.+)?$/, () => ({ this: 'would be safetensors' })],
];

/** As sure of something as the length of what was sent makes it. */
function say_of(sent) {
    const sure = 0.5 + (sent.length % 50) / 100;
    const first = sent.length % 10;
    const outputs = Array.from({ length: 10 }, (_, at) => ({ class: String(at), value: at === first ? sure : (1 - sure) / 9 }));
    const round = rounds.at(-1)?.round ?? 0;
    return { model: null, round, task: 'classification', prediction: String(first), probabilities: true, outputs, unused: [] };
}

function find_object(pathname) {
    for (const [pattern, answer] of objects) {
        const found = pattern.exec(pathname.replace('/api/v1/', ''));
        if (found !== null) {
            return answer(...found.slice(1));
        }
    }
    return undefined;
}

function event_page(query) {
    const after = Number(query.get('after') ?? 0);
    const limit = Math.min(1000, Number(query.get('limit') ?? 1000));
    const found = events.filter((event) => event.seq > after).slice(0, limit);
    return { instance, events: found, newest: seq, oldest: events[0]?.seq ?? seq + 1 };
}

const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const reply = (code, body, type = 'application/json') => {
        response.writeHead(code, { 'Content-Type': type, 'Content-Security-Policy': policy });
        response.end(type === 'application/json' ? JSON.stringify(body) : body);
    };
    const body_text = async () => {
        const chunks = [];
        for await (const chunk of request) {
            chunks.push(chunk);
        }
        return Buffer.concat(chunks).toString();
    };
    if (request.method === 'POST' && url.pathname === '/api/v1/commands') {
        const { code, body } = run_command(await body_text());
        reply(code, body);
    } else if (request.method === 'POST' && url.pathname === '/api/v1/plan/check') {
        reply(200, check_plan(await body_text(), sha256));
    } else if (request.method === 'POST' && /^\/api\/v1\/models?\/(\S+\/)?predict$/.test(url.pathname)) {
        reply(200, say_of(await body_text()));
    } else if (request.method !== 'GET') {
        reply(405, { error: 'use GET' });
    } else if (Object.hasOwn(files, url.pathname)) {
        const [name, type] = files[url.pathname];
        reply(200, await readFile(path.join(dist, name)), type);
    } else if (url.pathname === '/healthz') {
        reply(200, 'ok', 'text/plain');
    } else if (url.pathname === '/api/v1/events') {
        reply(200, event_page(url.searchParams));
    } else {
        const found = url.pathname.startsWith('/api/v1/') ? find_object(url.pathname) : undefined;
        if (found === undefined) {
            reply(404, { error: `nothing at ${url.pathname}` });
        } else {
            reply(200, found);
        }
    }
});

new WebSocketServer({ server, path: '/api/v1/stream' }).on('connection', (socket, request) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const after = Number(query.get('after'));
    const missed = events.filter((event) => event.seq > after);
    if (query.get('instance') === instance && after <= seq && missed.length === seq - after) {
        socket.send(JSON.stringify({ type: 'resumed', instance, seq: after }));
        missed.forEach((event) => socket.send(JSON.stringify(event)));
    } else {
        socket.send(JSON.stringify(snapshot()));
    }
    sockets.set(socket, seq);
    socket.on('close', () => sockets.delete(socket));
});

make_past();
for (let number = 1; number <= worker_count; number += 1) {
    join(`worker-${number}`);
}
if (args.mishaps && worker_count > 4) {
    join('ward-3');
    const left_out = workers.at(-1);
    Object.assign(left_out, { standing: 'left_out', reason: 'its table has no column age' });
    const { worker, name, standing, reason } = left_out;
    publish('worker_standing', { worker, name, standing, reason });
}
server.listen(Number(args.port), '127.0.0.1', () => {
    console.log(`dashboard http://127.0.0.1:${server.address().port}/`);
});
process.on('SIGTERM', () => process.exit(0));
