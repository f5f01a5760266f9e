// A master without learning: serves the built page and speaks docs/api.md with made-up numbers, to look at the
// page and to test it where there is no fedasio-master.
//   node dev/mock-server.mjs [--port 8080] [--speed 1] [--rounds 15] [--regression] [--mishaps] [--clients 4]
// --mishaps drops clients, and lets workers leave and come back.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { values: args } = parseArgs({
    options: {
        port: { type: 'string', default: '8080' },
        speed: { type: 'string', default: '1' },
        rounds: { type: 'string', default: '15' },
        clients: { type: 'string', default: '4' },
        regression: { type: 'boolean', default: false },
        mishaps: { type: 'boolean', default: false },
    },
});
const speed = Number(args.speed);
const planned_rounds = Number(args.rounds);
const client_count = Number(args.clients);
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
const kept_events = 500;
const log_types = new Set(
    (
        'phase worker_joined worker_left training_started client_dropped round_finished training_finished ' +
        'model_saved model_loaded pause_requested command notice'
    ).split(' '),
);
let seq = 0;
const events = [];
const sockets = new Set();
const status = {
    phase: 'waiting',
    round: 0,
    last_round: planned_rounds,
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
}));
const rounds = [];
let learned = 0;

function publish(type, fields) {
    seq += 1;
    const event = { seq, time: now(), type, ...fields };
    events.push(event);
    if (events.length > kept_events) {
        events.shift();
    }
    const text = JSON.stringify(event);
    for (const socket of sockets) {
        socket.send(text);
    }
}

function status_now() {
    status.now = now();
    status.workers = workers.filter((worker) => worker.state !== 'gone').length;
    status.clients = clients.filter((client) => client.worker !== null).length;
    return status;
}

function snapshot() {
    const log = events.filter((event) => log_types.has(event.type)).slice(-200);
    return { type: 'snapshot', instance, seq, status: status_now(), workers, clients, rounds, log };
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
        loss: null,
        accuracy: null,
        reason: '',
    };
    workers.push(worker);
    publish('worker_joined', { worker: { ...worker } });
    const present = workers.filter((other) => other.state !== 'gone').length;
    const share = Math.ceil(client_count / Math.max(4, present));
    const own = clients.filter((client) => client.worker === null).slice(0, share);
    for (const client of own) {
        client.worker = id;
    }
    worker.clients = own.map((client) => client.client);
    worker.samples = own.reduce((sum, client) => sum + client.samples, 0);
    publish('worker_assigned', {
        worker: id,
        clients: own.map(({ client, samples }) => ({ client, samples })),
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
    if (status.stopping) {
        throw new Stopped();
    }
};

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
    status.pausing = false;
    busy = false;
    publish('training_finished', {
        outcome,
        detail: '',
        round: status.round,
        weights_sha256: sha256(`weights ${learned}`),
    });
    enter('finished');
}

async function run_round() {
    status.round += 1;
    const { round } = status;
    const cohort = clients.filter((client) => client.worker !== null).map((client) => client.client);
    publish('round_started', { round, cohort });
    enter('distributing_weights');
    const active = workers.filter((worker) => worker.state !== 'gone');
    active.forEach((worker) => set_worker_state(worker, 'receiving'));
    await wait(80);
    enter('training');
    active.forEach((worker) => set_worker_state(worker, 'training'));
    const dropped = [];
    const accuracy_at = (extra) =>
        args.regression ? null : Math.min(0.99, 0.9 - 0.35 * Math.exp(-(learned + 1) / 4) + extra);
    const loss_at = (extra) => 0.3 + 0.9 * Math.exp(-(learned + 1) / 4) + extra;
    for (const id of cohort) {
        await wait(500 / cohort.length + 40 * noise());
        const client = clients[id];
        if (client.worker === null) {
            continue;
        }
        client.round = round;
        if (args.mishaps && noise() < 0.08) {
            client.reason = 'timed_out';
            dropped.push({ client: id, reason: client.reason });
            publish('client_dropped', {
                round,
                client: id,
                worker: client.worker,
                reason: client.reason,
                detail: '',
            });
            continue;
        }
        client.loss = loss_at(0.05 * (noise() - 0.5));
        client.accuracy = accuracy_at(0.03 * (noise() - 0.5));
        client.seconds = 0.3 + 0.3 * noise();
        client.reason = '';
        const worker = workers[client.worker - 1];
        worker.loss = client.loss;
        worker.accuracy = client.accuracy;
        worker.bytes_sent += 796840;
        worker.bytes_received += 796840;
        const { worker: host, samples, loss, accuracy, seconds } = client;
        publish('client_updated', { round, client: id, worker: host, samples, loss, accuracy, seconds });
    }
    enter('aggregating');
    active.forEach((worker) => set_worker_state(worker, 'ready'));
    await wait(40);
    enter('evaluating');
    await wait(120);
    const result = {
        round,
        cohort,
        dropped,
        train_loss: loss_at(0),
        train_accuracy: accuracy_at(0.004),
        test_loss: loss_at(0.03 + 0.02 * noise()),
        test_accuracy: accuracy_at(-0.012 + 0.006 * noise()),
        seconds: {
            loading_dataset: 0,
            distributing_model: 0,
            distributing_weights: 0.08 / speed,
            training: 0.5 / speed,
            aggregating: 0.04 / speed,
            evaluating: 0.12 / speed,
        },
        bytes_sent: 796840 * cohort.length,
        bytes_received: 796840 * cohort.length,
        time: now(),
    };
    learned += 1;
    rounds.push(result);
    publish('round_finished', { result });
    if (args.mishaps && round % 6 === 4) {
        leave(active[active.length - 1], 'no heartbeat for 10 s');
        setTimeout(() => join(`worker-${workers.length + 1}`), 2500 / speed);
    }
    return result;
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
    stop() {
        if (!busy) {
            return refuse('nothing is running');
        }
        status.stopping = true;
        wake?.();
        return accept('stopping');
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
    if (body === null || typeof body !== 'object' || !Object.hasOwn(commands, body.command)) {
        return reject('"command" must be one of train, pause, resume, stop, save, load');
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
const objects = {
    '/api/v1/status': status_now,
    '/api/v1/workers': () => workers,
    '/api/v1/clients': () => clients,
    '/api/v1/rounds': () => rounds,
    '/api/v1/plan': () => ({ name: status.plan, rounds: planned_rounds }),
};

const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const reply = (code, body, type = 'application/json') => {
        response.writeHead(code, { 'Content-Type': type, 'Content-Security-Policy': policy });
        response.end(type === 'application/json' ? JSON.stringify(body) : body);
    };
    if (request.method === 'POST' && url.pathname === '/api/v1/commands') {
        const chunks = [];
        for await (const chunk of request) {
            chunks.push(chunk);
        }
        const { code, body } = run_command(Buffer.concat(chunks).toString());
        reply(code, body);
    } else if (request.method !== 'GET') {
        reply(405, { error: 'use GET' });
    } else if (Object.hasOwn(files, url.pathname)) {
        const [name, type] = files[url.pathname];
        reply(200, await readFile(path.join(dist, name)), type);
    } else if (url.pathname === '/healthz') {
        reply(200, 'ok', 'text/plain');
    } else if (Object.hasOwn(objects, url.pathname)) {
        reply(200, objects[url.pathname]());
    } else {
        reply(404, { error: `nothing at ${url.pathname}` });
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
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
});

for (let number = 1; number <= 4; number += 1) {
    join(`worker-${number}`);
}
server.listen(Number(args.port), '127.0.0.1', () => {
    console.log(`dashboard http://127.0.0.1:${server.address().port}/`);
});
process.on('SIGTERM', () => process.exit(0));
