// An hour of a busy run, streamed in compressed time into the page in a real Chromium: its memory and its document
// stay bounded, and it loses no event.
//   FEDASIO_PAGE  folder of the built page, default the one beside the packages
// chromium.mjs names the other settings.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { make_helpers, node_modules, open_page, start_browser } from './chromium.mjs';
import { virtual_run } from '../../web/test/virtual_run.mjs';

const { WebSocketServer } = createRequire(path.join(node_modules, 'require.js'))('ws');
const dist = process.env.FEDASIO_PAGE ?? path.join(node_modules, '..', 'dist');
const skip = existsSync(path.join(dist, 'app.js')) ? false : `there is no built page in ${dist}`;

const workers = 40;
const start = Date.now() / 1000 - 3600;
const status = {
    phase: 'waiting',
    run: '5c0f',
    round: 0,
    checkpoint_round: 0,
    last_round: 1_000_000,
    target_accuracy: null,
    deadline: 600,
    fraction: 1,
    clients_per_round: 2 * workers,
    state_dir: false,
    pausing: false,
    stopping: false,
    plan: 'soak',
    plan_digest: '00',
    seed: 1,
    parameters: 10,
    task: 'classification',
    min_workers: 1,
    workers: 0,
    clients: 0,
    clients_planned: 2 * workers,
    version: '0.1.0',
    instruction_set: 'x86-64-v3',
    started: start,
    now: start,
    models: [],
};
const snapshot = {
    type: 'snapshot',
    instance: 'a',
    seq: 0,
    status,
    workers: [],
    clients: [],
    rounds: [],
    log: [],
    evaluation: null,
};

let server;
let streams;
let browser;

before(async () => {
    if (skip) {
        return;
    }
    const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
    server = createServer(async (request, response) => {
        const name = request.url === '/' ? 'index.html' : request.url.slice(1);
        if (request.url.startsWith('/api/v1/events')) {
            response.setHeader('Content-Type', 'application/json');
            response.end(JSON.stringify({ instance: 'a', events: [], oldest: 1 }));
        } else if (/^[\w.]+$/.test(name) && existsSync(path.join(dist, name))) {
            response.setHeader('Content-Type', types[path.extname(name)]);
            response.end(await readFile(path.join(dist, name)));
        } else {
            response.statusCode = 404;
            response.end('{}');
        }
    });
    streams = new WebSocketServer({ server, path: '/api/v1/stream' });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await start_browser();
});

after(async () => {
    await browser?.close();
    streams?.close();
    server?.close();
});

test('an hour of events leaves no trace in memory', { skip, timeout: 300_000 }, async (context) => {
    const base = `http://127.0.0.1:${server.address().port}/`;
    const { page } = await open_page(browser, base);
    const { live, go } = make_helpers(page);
    const connected = once(streams, 'connection');
    await page.goto(`${base}#/workers`);
    const [socket] = await connected;
    socket.send(JSON.stringify(snapshot));
    await live();

    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const measure = async () => {
        await devtools.send('HeapProfiler.collectGarbage');
        const { usedSize } = await devtools.send('Runtime.getHeapUsage');
        const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
        return { heap: usedSize, nodes };
    };
    /** Sends events, and waits until the page has drawn the last of them. */
    const send = async (events) => {
        for (let at = 0; at < events.length; at += 500) {
            const text = JSON.stringify({ type: 'events', events: events.slice(at, at + 500) });
            await new Promise((done) => socket.send(text, done));
        }
        const round = events.findLast((event) => event.type === 'round_finished').result.round;
        await page.waitForSelector(`[data-testid="round"][data-round="${round}"]`, { timeout: 60_000 });
    };

    const parts = [[], [], [], []];
    for (const event of virtual_run({ workers, seconds: 3600, start })) {
        parts[Math.min(3, Math.floor((event.time - start) / 900))].push(event);
    }
    const views = ['run', 'network', 'log', 'workers'];
    const measured = [];
    for (const [place, part] of parts.entries()) {
        // The next part begins after a whole round, so that the last one can be waited for.
        const end = part.findLastIndex((event) => event.type === 'round_finished');
        parts[place + 1]?.unshift(...part.splice(end + 1));
        await send(part);
        for (const view of views) {
            await go(view);
        }
        measured.push(await measure());
    }
    const { metrics } = await devtools.send('Performance.getMetrics');
    const script = metrics.find(({ name }) => name === 'ScriptDuration').value;
    for (const { heap, nodes } of measured) {
        context.diagnostic(`heap ${(heap / 2 ** 20).toFixed(1)} MiB, ${nodes} elements`);
    }
    context.diagnostic(`events ${parts.flat().length}, script ${script.toFixed(1)} s`);
    const [, second, , last] = measured;
    assert.ok(last.heap < 64 * 2 ** 20, 'the heap is bounded');
    // After half an hour every limit is reached but that of the rounds themselves, of which all are kept.
    assert.ok(last.heap - second.heap < 12 * 2 ** 20, 'the heap does not grow');
    assert.ok(last.nodes < 5000, 'the document is bounded');
});
