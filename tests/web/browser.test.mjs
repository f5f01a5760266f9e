// Drives the dashboard page in a real Chromium against a real master, or against whatever serves the page.
//   FEDASIO_MASTER        path of fedasio-master, which is started and asked to start four workers
//   FEDASIO_URL           instead of that: a dashboard that runs already, such as `npm run mock` in web/
//   CHROMIUM              default /usr/bin/chromium
//   FEDASIO_NODE_MODULES  where playwright-core is, default web/node_modules
//   FEDASIO_SCREENSHOTS   folder for pictures; none are taken without it
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = process.env.FEDASIO_NODE_MODULES ?? path.join(here, '..', '..', 'web', 'node_modules');
const { chromium } = createRequire(path.join(modules, 'require.js'))('playwright-core');
const screenshots = process.env.FEDASIO_SCREENSHOTS;
const skip =
    process.env.FEDASIO_MASTER || process.env.FEDASIO_URL
        ? false
        : 'neither FEDASIO_MASTER nor FEDASIO_URL is set';

// Three clouds of points: learned in the first rounds, which take a fraction of a second each.
function table() {
    let random = 1;
    const noise = () => {
        random = (random * 48271) % 2147483647;
        return random / 2147483647 - 0.5;
    };
    const lines = ['x,y,cloud'];
    for (let row = 0; row < 8000; row += 1) {
        const cloud = row % 3;
        lines.push(
            `${(cloud + 1.6 * noise()).toFixed(4)},${((cloud % 2) + 1.6 * noise()).toFixed(4)},c${cloud}`,
        );
    }
    return `${lines.join('\n')}\n`;
}

const plan = (table_file) => ({
    seed: 1,
    model: {
        input: 'auto',
        layers: [
            { type: 'dense', units: 64, activation: 'relu' },
            { type: 'dense', units: 3, activation: 'softmax' },
        ],
        loss: 'cross_entropy',
    },
    data: { source: { type: 'csv', train: table_file, label: 'cloud' }, partition: { scheme: 'iid' } },
    clients: 4,
    local: { epochs: 20, batch_size: 10, optimizer: { type: 'sgd', learning_rate: 0.01 } },
    strategy: 'fedavg',
    rounds: 15,
});

let folder;
let master;
let master_ended;
let base;
let browser;
let page;
const console_errors = [];
const foreign_requests = [];

async function start_master() {
    const table_file = path.join(folder, 'clouds.csv');
    const plan_file = path.join(folder, 'clouds.json');
    await writeFile(table_file, table());
    await writeFile(plan_file, JSON.stringify(plan(table_file)));
    const words = ['--plan', plan_file, '--listen', '127.0.0.1:0', '--dashboard', '127.0.0.1:0'];
    words.push('--spawn-workers', '4', '--state-dir', path.join(folder, 'state'));
    master = spawn(process.env.FEDASIO_MASTER, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    master_ended = once(master, 'exit');
    for await (const line of createInterface({ input: master.stdout })) {
        const found = /^dashboard (http:\/\/\S+)/.exec(line);
        if (found) {
            master.stdout.resume();
            return found[1];
        }
    }
    throw new Error('the master ended without saying where its dashboard is');
}

before(async () => {
    if (skip) {
        return;
    }
    folder = await mkdtemp(path.join(os.tmpdir(), 'fedasio-web-'));
    base = process.env.FEDASIO_MASTER ? await start_master() : process.env.FEDASIO_URL;
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
        ],
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    page.setDefaultTimeout(30_000);
    const origin = new URL(base).host;
    page.on('request', (request) => {
        if (new URL(request.url()).host !== origin) {
            foreign_requests.push(request.url());
        }
    });
    page.on('websocket', (socket) => {
        if (new URL(socket.url()).host !== origin) {
            foreign_requests.push(socket.url());
        }
    });
    page.on('console', (message) => {
        // The browser itself reports every answer of 4xx; refusals are what some steps ask for.
        if (message.type() === 'error' && !/status of (400|409)/.test(message.text())) {
            console_errors.push(message.text());
        }
    });
    page.on('pageerror', (error) => console_errors.push(String(error)));
});

after(async () => {
    await browser?.close();
    if (master !== undefined && master.exitCode === null && master.signalCode === null) {
        master.kill('SIGTERM');
        await master_ended;
    }
    if (folder !== undefined) {
        await rm(folder, { recursive: true, force: true });
    }
});

const by = (id) => page.getByTestId(id);
const is_in_phase = (...phases) =>
    page.waitForSelector(phases.map((name) => `[data-phase="${name}"]`).join(', '));
const round_rows = () => by('rounds-table').locator('tbody tr').count();
const last_round = async () => Number(await by('round').getAttribute('data-last-round'));

// The page's policy forbids what waitForFunction does, so all waiting is for elements.
const has_rounds = (count) =>
    by('rounds-table')
        .locator('tbody tr')
        .nth(count - 1)
        .waitFor({ state: 'attached' });
const has_logged = (text) => by('log').locator('li', { hasText: text }).last().waitFor({ state: 'attached' });

/** Does what leads to a command and waits for the answer to that one. */
async function answer_to(action, outcome, text = /./) {
    const number = Number(await by('answer').getAttribute('data-number')) + 1;
    await action();
    await page.waitForSelector(`[data-testid="answer"][data-number="${number}"]`);
    assert.match(await by('answer').innerText(), text);
    assert.equal(await by('answer').getAttribute('data-outcome'), outcome);
}

async function train(rounds, target = '') {
    await by('rounds-input').fill(rounds);
    await by('target-input').fill(target);
    await answer_to(() => by('train-button').click(), 'accepted');
}

function post(body, type = 'application/json') {
    return page.evaluate(
        async ([text, content_type]) => {
            const headers = { 'Content-Type': content_type };
            const response = await fetch('api/v1/commands', { method: 'POST', headers, body: text });
            return { status: response.status, body: await response.json() };
        },
        [body, type],
    );
}

async function assert_no_overflow() {
    const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `the page is ${content} wide in a window of ${window}`);
}

async function take_pictures(name) {
    for (const [width, height] of [
        [1280, 800],
        [400, 800],
    ]) {
        await page.setViewportSize({ width, height });
        for (const scheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.waitForSelector(`html[data-theme="${scheme}"]`);
            await assert_no_overflow();
            if (screenshots) {
                await mkdir(screenshots, { recursive: true });
                const file = (part) => path.join(screenshots, `${name}-${width}-${scheme}${part}.png`);
                await page.screenshot({ path: file('') });
                await page.screenshot({ path: file('-full'), fullPage: true });
            }
        }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
}

const step = (name, body) => test(name, { skip, timeout: 120_000 }, body);

step('opens in waiting, with four workers', async () => {
    const response = await page.goto(base);
    assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'none'/);
    await page.waitForSelector('[data-testid="connection"][data-state="live"]');
    await is_in_phase('waiting');
    const present = page.locator('[data-testid="worker-row"]:not([data-state="gone"])');
    await present.nth(3).waitFor();
    assert.equal(await present.count(), 4);
    assert.equal(await round_rows(), 0);
    assert.equal(await by('pause-button').isDisabled(), true);
    assert.equal(await by('resume-button').isDisabled(), true);
    assert.equal(await by('stop-button').isDisabled(), true);
    await take_pictures('waiting');
});

step('trains three rounds', async () => {
    await train('3');
    await has_rounds(1);
    await has_rounds(3);
    await is_in_phase('finished', 'waiting');
    assert.equal(await round_rows(), 3);
    assert.equal(await last_round(), 3);
    assert.match(await by('test-accuracy').innerText(), /^\d+\.\d %$/);
    assert.equal(await by('chart-accuracy').getAttribute('data-points'), '3');
    assert.equal(await by('chart-loss').locator('canvas').count(), 1);
    assert.match(await by('log').innerText(), /Round 3 done/);
    const drawn = await by('chart-loss').evaluate((chart) => {
        const canvas = chart.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value !== 0);
    });
    assert.ok(drawn, 'the curve is drawn');
});

step('pauses, resumes and stops a long training', async () => {
    await train('100000');
    await has_rounds(4);
    assert.equal(await by('train-button').isDisabled(), true);
    assert.equal(await by('resume-button').isDisabled(), true);
    await answer_to(() => by('pause-button').click(), 'accepted');
    await is_in_phase('paused');
    assert.equal(await by('pause-button').isDisabled(), true);
    const rows = await round_rows();
    await take_pictures('paused');
    assert.equal(await round_rows(), rows);
    await answer_to(() => by('resume-button').click(), 'accepted');
    await has_rounds(rows + 1);
    await take_pictures('running');
    assert.equal(await last_round(), 100003);
});

step('shows after a reload in mid-run all rounds that went before', async () => {
    const rows = await round_rows();
    await page.reload();
    await has_rounds(rows + 1);
    const numbers = (await by('rounds-table').locator('tbody th').allTextContents()).map(Number);
    // The table shows the last thousand.
    const first = Math.max(1, numbers.at(-1) - 999);
    assert.deepEqual(
        numbers,
        Array.from({ length: numbers.at(-1) - first + 1 }, (_, place) => first + place),
    );
});

step('stops', async () => {
    await answer_to(() => by('stop-button').click(), 'accepted');
    await is_in_phase('finished', 'waiting');
    await has_logged('Training was stopped');
    assert.equal(await by('stop-button').isDisabled(), true);
    assert.equal(await by('train-button').isDisabled(), false);
});

step('saves and loads a model', async () => {
    await by('save-name').fill('best');
    await answer_to(() => by('save-button').click(), 'accepted');
    await by('load-select').locator('option[value="best"]').waitFor({ state: 'attached' });
    await by('load-select').selectOption('best');
    await answer_to(() => by('load-button').click(), 'accepted');
    await has_logged('now the global model');
});

step('shows why a command was refused', async () => {
    await by('save-name').fill('no/such name');
    await answer_to(() => by('save-button').click(), 'refused', /save refused: ./);
    await by('rounds-input').fill('0');
    await answer_to(() => by('train-button').click(), 'refused', /train refused: ./);
    await by('rounds-input').fill('1.5');
    await answer_to(() => by('train-button').click(), 'refused', /whole number/);
    const resume = await post('{"command": "resume"}');
    assert.equal(resume.status, 409);
    assert.equal(resume.body.accepted, false);
    assert.ok(resume.body.reason.length > 0);
    const unknown = await post('{"command": "fly"}');
    assert.equal(unknown.status, 400);
    assert.ok(unknown.body.reason.length > 0);
    assert.equal((await post('{"command": ')).status, 400);
    await has_logged('resume refused');
});

step('trains until the target is reached', async () => {
    await train('50', '1');
    await by('chart-accuracy').filter({ hasText: 'target' }).waitFor();
    await has_logged('target accuracy is reached');
    await is_in_phase('finished', 'waiting');
});

step('can be used from the keyboard', async () => {
    await by('rounds-input').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('1');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'target-input');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    const rows = await round_rows();
    await page.keyboard.press('Enter');
    await has_rounds(rows + 1);
    await is_in_phase('finished', 'waiting');
});

step('keeps the chosen colours over a reload', async () => {
    await page.getByTitle('Colours').selectOption('dark');
    await page.reload();
    await page.waitForSelector('html[data-theme="dark"]');
    await page.getByTitle('Colours').selectOption('system');
    await page.waitForSelector('html[data-theme="light"]');
});

step('filters the log', async () => {
    const lines = by('log').locator('li');
    await lines.nth(3).waitFor();
    const all = await lines.count();
    await page.getByLabel('Filter events by text').fill('joined');
    await lines
        .filter({ hasNotText: /joined|No event/ })
        .first()
        .waitFor({ state: 'detached' });
    assert.ok((await lines.count()) < all);
});

step('has made no error and no request to another host', async () => {
    await take_pictures('end');
    assert.deepEqual(console_errors, []);
    assert.deepEqual(foreign_requests, []);
});

step('says so when the master is gone', async (context) => {
    if (master === undefined) {
        context.skip('the dashboard at FEDASIO_URL is not ours to end');
        return;
    }
    master.kill('SIGTERM');
    const [code] = await master_ended;
    assert.equal(code, 0);
    await page.waitForSelector('[data-testid="connection"]:not([data-state="live"])');
    await page.waitForSelector('.banner');
});
