// An hour of a busy run, streamed in compressed time into the page in a real Chromium: its memory and its document
// stay bounded, and it loses no event.
// chromium.mjs and scripted.mjs name the settings.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { make_helpers, open_page, start_browser } from './chromium.mjs';
import { make_snapshot, skip, start_scripted } from './scripted.mjs';
import { virtual_run } from '../../web/test/virtual_run.mjs';

const workers = 40;
const start = Date.now() / 1000 - 3600;
const snapshot = make_snapshot({
    status: {
        last_round: 1_000_000,
        clients_per_round: 2 * workers,
        clients_planned: 2 * workers,
        started: start,
        now: start,
    },
});

let server;
let browser;
/** Resolves to the page's stream. */
let connected;

before(async () => {
    if (skip) {
        return;
    }
    let connect;
    connected = new Promise((resolve) => {
        connect = resolve;
    });
    server = await start_scripted({ stream: connect });
    browser = await start_browser();
});

after(async () => {
    await browser?.close();
    server?.end();
});

test('an hour of events leaves no trace in memory', { skip, timeout: 300_000 }, async (context) => {
    const { page } = await open_page(browser, server.url);
    const { live, go } = make_helpers(page);
    await page.goto(`${server.url}#/workers`);
    const socket = await connected;
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
