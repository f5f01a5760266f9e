// The built page on a server that says what a test wants it to say, in a real Chromium.
//   FEDASIO_PAGE  folder of the built page, default the one beside the packages
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { make_helpers, node_modules, open_page, start_browser } from './chromium.mjs';

const { WebSocketServer } = createRequire(path.join(node_modules, 'require.js'))('ws');
const dist = process.env.FEDASIO_PAGE ?? path.join(node_modules, '..', 'dist');
export const skip = existsSync(path.join(dist, 'app.js')) ? false : `there is no built page in ${dist}`;

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export function make_status(fields = {}) {
    return {
        phase: 'waiting',
        run: '5c0f',
        round: 0,
        checkpoint_round: 0,
        last_round: 15,
        target_accuracy: null,
        deadline: 600,
        fraction: 1,
        clients_per_round: 4,
        state_dir: false,
        pausing: false,
        stopping: false,
        plan: 'scripted',
        plan_digest: '00',
        seed: 1,
        parameters: 10,
        task: 'classification',
        min_workers: 1,
        workers: 0,
        clients: 0,
        clients_planned: 4,
        version: '0.1.0',
        instruction_set: 'x86-64-v3',
        started: 1_750_000_000,
        now: 1_750_000_000,
        models: [],
        ...fields,
    };
}

export function make_snapshot({ status = {}, ...fields } = {}) {
    return {
        type: 'snapshot',
        instance: 'a',
        seq: 0,
        status: make_status(status),
        workers: [],
        clients: [],
        rounds: [],
        log: [],
        evaluation: null,
        data: null,
        ...fields,
    };
}

export function make_worker(number, fields = {}) {
    return {
        worker: number,
        name: `worker-${number}`,
        address: '127.0.0.1:1',
        state: 'ready',
        joined: 1_750_000_000,
        threads: 1,
        capacity: 0,
        version: '0.1.0',
        instruction_set: 'x86-64-v3',
        clients: [],
        samples: 100,
        cpu_percent: 1,
        memory_bytes: 1e8,
        round_trip_ms: 1,
        bytes_sent: 1,
        bytes_received: 1,
        queued_bytes: 0,
        round: null,
        loss: null,
        accuracy: null,
        seconds: null,
        standing: 'takes_part',
        reason: '',
        ...fields,
    };
}

export function make_client(client, fields = {}) {
    return {
        client, worker: 1, samples: 50, round: null, loss: null, accuracy: null, seconds: null, reason: '', labels: null,
        distance: null, cosine: null, test_round: null, test_samples: 0, test_loss: null, test_accuracy: null, test_r2: null,
        test_rmse: null, test_mae: null, test_auc: null, test_recall: null, test_reason: '', ...fields,
    };
}

export function make_round(round, fields = {}) {
    return {
        round,
        cohort: [0, 1, 2, 3],
        dropped: [],
        train_loss: 1 / round,
        train_accuracy: 0.8,
        test_loss: 1 / round,
        test_accuracy: 0.8,
        seconds: { training: 1, evaluating: 0.5 },
        bytes_sent: 1000,
        bytes_received: 1000,
        time: 1_750_000_000 + 2 * round,
        ...fields,
    };
}

export const told_by_trainers = (round, names) => ({
    train_metrics: Object.fromEntries(names.map((name, place) => [name, place + round / 10])),
    test_metrics: { [names[0]]: round / 8 },
});

export const run_of = (run, fields = {}) => ({
    run,
    plan: 'sweep',
    plan_digest: '00',
    seed: 1,
    started: 1_750_000_000,
    ended: 1_750_000_060,
    outcome: 'rounds_done',
    detail: null,
    weights_sha256: null,
    rounds: 2,
    best_test_accuracy: null,
    best_test_loss: null,
    last_test_accuracy: null,
    last_test_loss: null,
    ...fields,
});

export const kept_run = (run, fields = {}) => ({ ...run_of(run), labels: null, ...fields });

export const report_of = (rounds) => ({
    parameters: 10, checkpoint_round: 0, seconds_total: 60, changes: [], data: null, sites: [], rounds,
});

/** A status in mid-training. */
export const training = { phase: 'training', round: 3, workers: 2, clients: 4 };

/**
 * Serves the page. `objects` are answers by the path after api/v1/; `stream` is called with each WebSocket, and
 * without it none is let through.
 */
export async function start_scripted({ objects = {}, stream = null } = {}) {
    const server = createServer(async (request, response) => {
        const { pathname } = new URL(request.url, 'http://localhost');
        const name = pathname === '/' ? 'index.html' : pathname.slice(1);
        const answer = objects[pathname.replace('/api/v1/', '')];
        if (/^[\w.]+$/.test(name) && existsSync(path.join(dist, name))) {
            response.setHeader('Content-Type', types[path.extname(name)]);
            response.end(await readFile(path.join(dist, name)));
        } else if (answer === undefined && pathname !== '/api/v1/events' && pathname !== '/api/v1/session') {
            response.statusCode = 404;
            response.end('{"error": "nothing there"}');
        } else {
            const otherwise = { instance: 'a', events: [], oldest: 1, newest: 0, role: 'operator', protected: false };
            const { code = 200, body } = typeof answer === 'function' ? await answer(request) : { body: answer ?? otherwise };
            response.writeHead(code, { 'Content-Type': 'application/json' });
            response.end(typeof body === 'string' ? body : JSON.stringify(body));
        }
    });
    const sockets = new WebSocketServer({ noServer: true });
    const streams = [];
    server.on('upgrade', (request, socket, head) => {
        streams.push(request.url);
        if (stream === null) {
            socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
            return;
        }
        sockets.handleUpgrade(request, socket, head, (accepted) => stream(accepted, request));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        /** Addresses of the streams that were asked for. */
        streams,
        end: () => {
            sockets.clients.forEach((one) => one.terminate());
            server.closeAllConnections();
            server.close();
        },
    };
}

/** Tests of one file, in one browser: gives what makes one of them. Options and body are those of with_page(). */
export function in_browser() {
    let browser;
    before(async () => {
        browser = skip ? undefined : await start_browser();
    });
    after(() => browser?.close());
    return (name, options, body) => test(name, { skip, timeout: 60_000 }, () => with_page(browser, options, body));
}

/** Opens the page on a server that begins with this snapshot, and hands both to the test. `before`: done to the empty page. */
async function with_page(browser, { snapshot = make_snapshot(), objects = {}, hash = '', stream = true, before = null }, body) {
    let socket;
    const server = await start_scripted({
        objects,
        stream: stream
            ? (accepted) => {
                  socket = accepted;
                  accepted.send(typeof snapshot === 'string' ? snapshot : JSON.stringify(snapshot));
              }
            : null,
    });
    const { page, errors } = await open_page(browser, server.url);
    try {
        await before?.(page);
        await page.goto(server.url + hash);
        const helpers = make_helpers(page);
        let { seq } = typeof snapshot === 'string' ? { seq: 0 } : snapshot;
        const say = (type, fields) => {
            seq += 1;
            socket.send(JSON.stringify({ seq, time: 1_750_000_100 + seq, type, ...fields }));
        };
        await body({ page, say, server, ...helpers, drop: () => socket.terminate() });
        assert.deepEqual(
            errors.filter((text) => !/WebSocket connection|status of (40[14]|503)|ERR_CONNECTION|ERR_EMPTY/.test(text)),
            [],
        );
    } finally {
        await page.context().close();
        server.end();
    }
}
