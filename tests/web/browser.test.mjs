// Uses the dashboard page in a real Chromium as a reader would: every view and every control, against a real
// master with real workers.
//   FEDASIO_MASTER        path of fedasio-master; without it nothing is tested
// chromium.mjs names the other settings.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assert_accessible, look, make_helpers, open_page, start_browser } from './chromium.mjs';
import { start_master, start_wire } from './master.mjs';

const skip = process.env.FEDASIO_MASTER ? false : 'FEDASIO_MASTER is not set';

let master;
let wire;
let browser;
let page;
let errors;
let foreign;
let by;
let go;
let live;
let in_phase;
let points;
let has_points;
let answer_to;
let is_held_back;

before(async () => {
    if (skip) {
        return;
    }
    // Rounds of some length: thousands of them are what states.test.mjs and soak.test.mjs try.
    const local = { epochs: 60, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.01 } };
    master = await start_master({ plan: { local } });
    wire = await start_wire(master.url);
    browser = await start_browser();
    ({ page, errors, foreign } = await open_page(browser, wire.url));
    ({ by, go, live, in_phase, points, has_points, answer_to, is_held_back } = make_helpers(page));
});

after(async () => {
    await browser?.close();
    wire?.end();
    await master?.end();
});

const step = (name, body) => test(name, { skip, timeout: 240_000 }, body);

const controls = ['train', 'pause', 'resume', 'stop', 'change', 'save', 'load'];
/** Exactly these controls can be used now; each of the others says why not. */
async function assert_controls(...open) {
    for (const control of controls) {
        assert.equal(await is_held_back(`${control}-button`), !open.includes(control), control);
        if (!open.includes(control)) {
            assert.notEqual(await by(`${control}-button`).getAttribute('title'), '', control);
        }
    }
}

const submit = (outcome, text) => answer_to(() => by('dialog-submit').click(), outcome, text);

async function train(rounds = '', target = '') {
    await by('train-button').click();
    await by('rounds-input').fill(rounds);
    await by('target-input').fill(target);
    await submit('accepted');
    await by('dialog').waitFor({ state: 'detached' });
}

async function stop_now() {
    await by('stop-button').click();
    await answer_to(() => by('stop-now').click(), 'accepted');
    await in_phase('finished');
}

const last_round = async () => Number(await by('round').getAttribute('data-last-round'));
const address = () => page.evaluate(() => location.hash);
const row = (id) => page.locator(`[data-testid="worker-row"][data-key="${id}"]`);

step('opens with the run in waiting, under a policy that forbids everything else', async () => {
    const response = await page.goto(wire.url);
    assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'none'/);
    await live();
    await in_phase('waiting');
    await by('health').filter({ hasText: /Waiting for|Ready/ }).waitFor();
    await assert_controls('train', 'save', 'change');
    await look(page, 'run-waiting');
});

step('says why a control makes no sense now', async () => {
    await answer_to(() => by('pause-button').click({ force: true }), 'refused', /No training is under way/);
    await answer_to(() => by('load-button').click({ force: true }), 'refused', /No model has been saved/);
});

step('trains three rounds', async () => {
    await train('3');
    await has_points('chart-accuracy', 3);
    await in_phase('finished');
    assert.equal(await last_round(), 3);
    assert.match(await by('test-accuracy').innerText(), /^\d+\.\d %$/);
    assert.match(await by('test-auc').innerText(), /^[01]\.\d{3}$/);
    const drawn = await by('chart-loss').evaluate((chart) => {
        const canvas = chart.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value !== 0);
    });
    assert.ok(drawn, 'the curve is drawn');
    await page.getByText('Numbers of every round (3)').click();
    await by('rounds-table').locator('tbody tr').nth(2).waitFor();
    assert.equal(await by('rounds-table').locator('tbody tr').count(), 3);
    await assert_controls('train', 'save', 'load', 'change'); // the run has kept its best and its last model
});

step('shows what the model confuses', async () => {
    await by('confusion').waitFor();
    const rows = by('class-table').locator('tbody tr');
    assert.equal(await rows.count(), 4);
    await page.getByText('Numbers of the matrix').click();
    await by('confusion-table').waitFor();
    const cells = await by('confusion-table').locator('td').allTextContents();
    assert.equal(cells.length, 16);
    const samples = cells.reduce((sum, cell) => sum + Number(cell.replaceAll(',', '')), 0);
    assert.equal(samples, 1000);
    await by('wrong-samples').locator('canvas').first().waitFor();
    const bright = await by('wrong-samples')
        .locator('canvas')
        .first()
        .evaluate((canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, data.filter((value, at) => at % 4 === 0 && value > 100).length];
        });
    assert.deepEqual(bright.slice(0, 2), [8, 8]);
    assert.ok(bright[2] > 3, 'the sample has bright pixels');
});

let heading_height = 0;

step('counts the values of an array at a click, and again when there are others', async () => {
    await by('layer-chip').first().click();
    await by('layer-histogram').waitFor();
    // Pictures of 8 x 8 and 32 units.
    await by('layer-facts').filter({ hasText: /^2,048 values · mean .* · from .* to / }).waitFor();
    assert.equal(await by('layer-histogram').locator('rect').count(), 60);
    const bars = page.locator('.layer-values details');
    await bars.locator('summary').click();
    await by('histogram-table').locator('td').first().waitFor();
    const counts = (await by('histogram-table').locator('td').allTextContents()).map(Number);
    assert.equal(counts.reduce((sum, one) => sum + one, 0), 2048);
    await bars.locator('summary').click();
    await by('layer-chip').nth(3).click();
    await by('layer-facts').filter({ hasText: /^4 values/ }).waitFor();
    assert.equal(await by('count-again').count(), 0);
    heading_height = await page.locator('.layer-values h3').evaluate((heading) => heading.offsetHeight);
    await look(page, 'layers');
});

step('trains until the target is reached, and draws the target', async () => {
    await train('500', '30');
    await in_phase('finished');
    await by('chart-accuracy').filter({ hasText: 'target 30.0 %' }).waitFor();
    // What is offered now moves nothing.
    await by('count-again').waitFor();
    assert.equal(await page.locator('.layer-values h3').evaluate((heading) => heading.offsetHeight), heading_height);
    await go('log');
    await by('log').locator('li', { hasText: 'target accuracy is reached' }).waitFor();
});

step('trains on from the keyboard, and runs long', async () => {
    await go('run');
    await page.keyboard.press('t');
    await by('rounds-input').waitFor();
    await page.keyboard.press('Escape');
    await by('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('t');
    await by('rounds-input').fill('100000');
    await answer_to(() => page.keyboard.press('Enter'), 'accepted');
    const from = await points('chart-accuracy');
    await has_points('chart-accuracy', from + 2);
    await assert_controls('pause', 'stop', 'change', 'save');
});

step('does not move anything while it trains', async () => {
    for (const [width, height] of [[1440, 900], [1366, 800], [1280, 800], [800, 800], [400, 800]]) {
        await page.setViewportSize({ width, height });
        const from = await points('chart-accuracy');
        await has_points('chart-accuracy', from + 2);
        await page.evaluate(() => {
            globalThis.shifted = 0;
            globalThis.shifts?.disconnect();
            globalThis.shifts = new PerformanceObserver((list) => {
                globalThis.shifted += list.getEntries().reduce((sum, { value }) => sum + value, 0);
            });
            globalThis.shifts.observe({ type: 'layout-shift' });
        });
        await has_points('chart-accuracy', from + 4);
        const shifted = await page.evaluate(() => globalThis.shifted);
        assert.ok(shifted < 0.02, `the layout shifts by ${shifted} at ${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
});

step('pauses and resumes', async () => {
    await answer_to(() => page.keyboard.press('p'), 'accepted');
    await in_phase('paused');
    await assert_controls('resume', 'stop', 'change', 'save');
    const rows = await points('chart-loss');
    await look(page, 'run-paused');
    assert.equal(await points('chart-loss'), rows);
    await answer_to(() => by('resume-button').click(), 'accepted');
    await has_points('chart-loss', rows + 1);
});

step('changes the running plan, and says what is not sound', async () => {
    const last = await last_round();
    await page.keyboard.press('c');
    assert.equal(await by('change-rounds').inputValue(), String(last));
    await by('dialog-submit').click();
    await by('dialog-said').filter({ hasText: 'Nothing is different' }).waitFor();
    await by('change-rounds').fill('1');
    await submit('refused');
    assert.match(await by('dialog-said').innerText(), /change refused: ./);
    await by('change-rounds').fill(String(last + 7));
    await by('change-deadline').fill('77');
    await by('change-fraction').fill('0.5');
    await by('change-target').fill('100');
    await submit('accepted');
    await page.waitForSelector(`[data-testid="round"][data-last-round="${last + 7}"]`);
    await page.waitForSelector('text=6 a round');
    await by('chart-accuracy').filter({ hasText: 'target 100.0 %' }).waitFor();
});

step('has charts by time, smoothed, logarithmic, and zoomed, all in the address', async () => {
    await by('axis-time').click();
    await by('log-scale').check();
    await by('smoothing').fill('0.5');
    assert.equal(await address(), '#/run?x=time&log=1&smooth=0.5');
    await page.reload();
    await live();
    assert.equal(await by('axis-time').getAttribute('aria-pressed'), 'true');
    assert.equal(await by('log-scale').isChecked(), true);
    await by('axis-round').click();
    const plot = page.locator('[data-testid="chart-loss"] .u-over');
    const { x, y, width, height } = await plot.boundingBox();
    await page.mouse.move(x + width * 0.2, y + height / 2);
    // The cursor of one chart is the cursor of the other.
    await by('chart-accuracy').filter({ hasText: /round \d+/ }).waitFor();
    // Both are read at once: the rounds go on meanwhile.
    const told = await page.evaluate(() =>
        ['accuracy', 'loss'].map((of) => document.querySelector(`[data-testid="chart-${of}"] h3 small`).innerText),
    );
    assert.equal(told[0], told[1]);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + height / 2, { steps: 5 });
    await page.mouse.up();
    await page.waitForSelector('[data-testid="zoom-reset"]:not([disabled])');
    assert.match(await address(), /from=.*&to=/);
    await plot.dblclick();
    await page.waitForSelector('[data-testid="zoom-reset"][disabled]');
    await page.getByLabel('Zoom in').click();
    assert.match(await address(), /from=/);
    await by('zoom-reset').click();
    await page.keyboard.press('l');
    assert.equal(await address(), '#/run?smooth=0.5');
});

step('goes from view to view by tabs and keys, and back', async () => {
    await by('tab-network').click();
    await by('view-network').waitFor();
    await page.keyboard.press('5');
    await by('view-log').waitFor();
    await page.goBack();
    await by('view-network').waitFor();
    await page.goForward();
    await by('view-log').waitFor();
    await page.keyboard.press('1');
    await by('view-run').waitFor();
});

step('lists the keys, and can do without them', async () => {
    await page.keyboard.press('?');
    await by('dialog').filter({ hasText: 'logarithmic loss' }).waitFor();
    await assert_accessible(page, 'keys');
    await page.getByLabel('Keys without Ctrl or Alt are on').uncheck();
    await page.keyboard.press('Escape');
    await by('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('6');
    await page.keyboard.press('t');
    assert.equal(await by('view-run').count(), 1);
    assert.equal(await by('dialog').count(), 0);
    await by('keys-button').click();
    await page.getByLabel('Keys without Ctrl or Alt are on').check();
    await by('dialog-cancel').click();
});

step('shows what workers do, and sorts and filters them', async () => {
    await go('workers');
    await page.waitForSelector('[data-testid="stream"][data-lanes="4"]');
    const training = page.locator('path[fill="url(#do-training)"]').first();
    await page.waitForSelector('path[fill="url(#do-training)"][d^="M"]', { state: 'attached' });
    assert.match(await training.getAttribute('d'), /^M/);
    await page.getByText('Time by state').click();
    await by('stream-table').locator('tbody tr').nth(3).waitFor();
    await by('stream-hold').click();
    assert.match(await address(), /until=\d+/);
    await by('stream-hold').click();
    await page.getByRole('button', { name: 'Worker', exact: true }).click();
    assert.match(await address(), /sort=worker\.down/);
    assert.equal(await by('worker-row').first().getAttribute('data-key'), '4');
    await page.getByRole('button', { name: 'Worker', exact: true }).click();
    assert.equal(await by('worker-row').first().getAttribute('data-key'), '1');
    await by('filter').fill('#3');
    await page.waitForSelector('[data-testid="shown"]:text("1 of 4")');
    assert.equal(await by('worker-row').count(), 1);
    await by('filter').fill('');
    await look(page, 'workers');
});

step('opens a worker from the keyboard, and closes it', async () => {
    await by('worker-row').first().locator('a').focus();
    await page.keyboard.press('ArrowDown');
    const focused = await page.evaluate(() => document.activeElement.closest('tr').dataset.row);
    assert.equal(focused, '1');
    await page.keyboard.press('Enter');
    await by('worker-drawer').waitFor();
    await look(page, 'worker-drawer');
    await page.keyboard.press('Escape');
    await by('worker-drawer').waitFor({ state: 'detached' });
    await page.goBack();
    await by('worker-drawer').waitFor();
    await page.goBack();
    await by('worker-drawer').waitFor({ state: 'detached' });
});

step('sends a worker away, once it is asked', async () => {
    await go('workers', '?worker_card=2');
    const [name] = (await row(2).innerText()).trim().split(/\s/);
    await by('evict-button').click();
    await by('dialog').filter({ hasText: '(#2) away?' }).waitFor();
    await by('dialog-cancel').click();
    // Until it is gone, keys are its own.
    await by('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('e');
    await submit('accepted');
    await page.waitForSelector('[data-testid="evict-button"][aria-disabled="true"]');
    await by('worker-drawer').filter({ hasText: /gone/ }).waitFor();
    await page.keyboard.press('Escape');
    // It comes back, and has one row, under its new number.
    await page.locator('[data-testid="worker-row"]:not([data-key="2"]):not([data-state="gone"])', { hasText: name }).waitFor();
    assert.equal(await row(2).count(), 0);
});

step('shows a name from a worker as text, whatever is in it', async () => {
    const name = '<img src=x onerror=alert(1)>&amp;';
    const worker = master.join(name);
    await by('filter').fill('onerror');
    await by('worker-row').first().waitFor();
    assert.match(await by('worker-row').first().innerText(), /<img src=x onerror=alert\(1\)>&amp;/);
    assert.equal(await page.locator('main img').count(), 0);
    await worker.end();
    await page.waitForSelector('[data-testid="worker-row"][data-state="gone"]');
    await by('filter').fill('');
});

step('shows clients, what they have, and how they learn', async () => {
    await by('show-clients').click();
    await by('client-row').nth(5).waitFor();
    await by('scatter').waitFor();
    await page.locator('[data-testid="client-row"][data-key="1"] a').click();
    await by('client-drawer').waitFor();
    assert.equal(await by('labels').locator('li').count(), 4);
    await has_points('client-loss', 2);
    await has_points('client-cosine', 2);
    await look(page, 'client-drawer');
    await by('drawer-close').click();
    await by('client-drawer').waitFor({ state: 'detached' });
    // Who was in the round that the evicted worker left in is absent from it, with the reason.
    const rounds = await (await fetch(new URL('api/v1/rounds', wire.url))).json();
    const dropped = rounds.flatMap((round) => round.dropped.map(({ client }) => ({ client, round: round.round })));
    if (dropped.length > 0) {
        await go('workers', `?table=clients&client=${dropped[0].client}`);
        const absence = by('absences').locator('li', { hasText: `round ${dropped[0].round}:` });
        assert.match(await absence.innerText(), /lost|refused/);
        await page.keyboard.press('Escape');
        await by('client-drawer').waitFor({ state: 'detached' });
    }
    await by('state-filter').selectOption('idle');
    assert.match(await address(), /state=idle/);
    await by('state-filter').selectOption('');
    await look(page, 'clients');
});

step('shows traffic, what rounds are spent on, and queues', async () => {
    await go('network');
    await has_points('chart-rate', 3);
    await has_points('chart-round-bytes', 3);
    await page.waitForSelector('[data-testid="shares"]:not([data-rounds="0"])');
    await page.getByText('Numbers of the last minutes').click();
    await by('traffic-table').waitFor();
    const sums = await by('traffic-table').locator('tbody td').allTextContents();
    assert.ok(sums.some((cell) => /KiB\/s|MiB\/s/.test(cell)), 'bytes have been moved');
    assert.ok((await by('queues').locator('tbody tr').count()) >= 3);
    await look(page, 'network');
});

step('loses no round when the connection is cut', async () => {
    await go('run');
    const rows = await points('chart-loss');
    wire.cut();
    await page.waitForSelector('[data-testid="connection"]:not([data-state="live"])');
    await page.waitForSelector('.banner');
    await assert_accessible(page, 'cut off');
    // Nothing can be asked of a master that does not answer, and no clock runs on.
    await assert_controls();
    await answer_to(() => by('resume-button').click({ force: true }), 'refused', /does not answer/);
    assert.equal(await page.locator('.standing-note').innerText(), 'as of the last word of the master');
    wire.mend();
    await page.getByRole('button', { name: 'Try now' }).click({ timeout: 2000 }).catch(() => {});
    await live();
    await has_points('chart-loss', rows + 2);
    // What was refused stays until it is closed, and may lie over the table.
    await page.getByRole('button', { name: 'Close this message' }).click();
    await page.getByText(/Numbers of every round/).click();
    await by('rounds-table').waitFor();
    const numbers = (await by('rounds-table').locator('tbody th').allTextContents()).map(Number);
    assert.deepEqual(
        numbers,
        numbers.map((_, place) => numbers[0] - place),
    );
});

step('stops after the round', async () => {
    await page.keyboard.press('s');
    await by('dialog').filter({ hasText: 'thrown away' }).waitFor();
    await submit('accepted');
    await in_phase('finished');
    await go('log');
    await by('log').locator('li', { hasText: 'Training was stopped' }).first().waitFor();
});

step('stops at once', async () => {
    await train('100000');
    await in_phase('training');
    await stop_now();
});

step('saves and loads a model', async () => {
    await page.keyboard.press('v');
    await by('save-name').fill('no/such name');
    await by('dialog-said').filter({ hasText: 'letters, digits' }).waitFor();
    await by('save-name').fill('best');
    await submit('accepted');
    await by('save-button').click();
    await by('save-name').fill('best');
    await by('dialog-said').filter({ hasText: 'replaced' }).waitFor();
    await by('dialog-cancel').click();
    await page.waitForSelector('[data-testid="load-button"][aria-disabled="false"]');
    await page.keyboard.press('o');
    await by('load-select').selectOption('best');
    await submit('accepted');
    await by('log').locator('li', { hasText: 'now the global model' }).waitFor();
});

step('filters the log, and leads from it to rounds and workers', async () => {
    await go('log');
    const lines = by('log').locator('li');
    await lines.nth(3).waitFor();
    const all = await lines.count();
    await by('log-level').selectOption('warning');
    await lines.filter({ hasText: 'Training was stopped' }).first().waitFor();
    await page.waitForSelector('[data-testid="log"] li[data-level="info"]', { state: 'detached' });
    assert.ok((await lines.count()) < all);
    await by('log-level').selectOption('detail');
    await by('log-text').fill('evict');
    await lines.filter({ hasNotText: /evict/i }).first().waitFor({ state: 'detached' });
    await by('log-text').fill('');
    await by('log-worker').selectOption('2');
    await lines.filter({ hasText: '#2' }).first().waitFor();
    assert.match(await address(), /worker=2/);
    await look(page, 'log');
    await lines.getByRole('link', { name: 'worker #2' }).first().click();
    await by('worker-drawer').waitFor();
});

step('finds what is wrong in a plan, at its line, and tells what may stand there', async () => {
    await page.keyboard.press('n');
    await by('view-plan').waitFor();
    await page.waitForSelector('[data-testid="plan-verdict"][data-ok="true"]');
    const text = await by('plan-text').inputValue();
    const broken = text.replace('"batch_size": 8', '"batch_siz": 8');
    assert.notEqual(broken, text);
    const line = broken.slice(0, broken.indexOf('batch_siz')).split('\n').length;
    await by('plan-text').fill(broken);
    await page.waitForSelector('[data-testid="plan-verdict"][data-ok="false"]');
    assert.match(await by('plan-verdict').innerText(), new RegExp(`line ${line}\\b.*batch_siz`));
    await answer_to(() => by('start-button').click({ force: true }), 'refused', /not right yet/);
    await look(page, 'plan-wrong');
    await by('plan-error-place').click();
    const at = await by('plan-text').evaluate((field) => field.value.slice(0, field.selectionStart).split('\n').length);
    assert.equal(at, line);
    await by('plan-text').fill(text);
    await by('plan-text').evaluate((field) => {
        const place = field.value.indexOf('"epochs"') + 3;
        field.setSelectionRange(place, place);
        field.click();
    });
    await by('plan-path').filter({ hasText: 'local.epochs' }).waitFor();
    await by('plan-hint').filter({ hasText: 'integer' }).waitFor();
    await page.waitForSelector('[data-testid="plan-verdict"][data-ok="true"]');
    await look(page, 'plan');
});

step('starts a new run from an edited plan', async () => {
    const text = await by('plan-text').inputValue();
    const edited = text
        .replace('"learning_rate": 0.01', '"learning_rate": 0.03')
        .replace('"name": "quarters"', '"name": "faster"')
        .replace(/"rounds": \d+/, '"rounds": 4');
    await by('plan-text').fill(edited);
    await page.waitForSelector('[data-testid="start-button"][aria-disabled="false"]');
    await by('start-button').click();
    await by('dialog').filter({ hasText: 'stays in the history' }).waitFor();
    await submit('accepted');
    await by('view-run').waitFor();
    await page.waitForSelector('h1:text("faster")');
    await has_points('chart-loss', 4);
    await in_phase('finished');
    assert.equal(await last_round(), 4);
});

step('lays runs over each other, compares their plans, and exports them', async () => {
    await go('history');
    await by('run-row').nth(1).waitFor();
    await by('run-row').nth(0).getByRole('checkbox').check();
    await by('run-row').nth(1).getByRole('checkbox').check();
    await has_points('chart-runs', 4);
    await by('plan-diff').locator('tr', { hasText: 'learning_rate' }).waitFor();
    assert.equal(await by('plan-diff').locator('tr', { hasText: 'batch_size' }).count(), 0);
    await by('all-keys').check();
    await by('plan-diff').locator('tr', { hasText: 'batch_size' }).waitFor();
    await by('metric').selectOption('train_loss');
    await by('axis-time').click();
    await look(page, 'history');
    await page.reload();
    await live();
    await has_points('chart-runs', 4);

    const saved = async (id) => {
        const [download] = await Promise.all([page.waitForEvent('download'), by(id).click()]);
        return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    };
    const csv = (await saved('export-csv')).bytes.toString();
    assert.match(csv, /^run,round,train_loss,/);
    assert.ok(csv.trim().split('\r\n').length > 5);
    const runs = JSON.parse((await saved('export-json')).bytes.toString());
    assert.equal(runs.length, 2);
    assert.ok(runs.every((run) => run.rounds.length > 0 && run.plan_json.local.batch_size === 8));
    const report = JSON.parse((await saved('download-report')).bytes.toString());
    assert.equal(report.rounds.length, 4);
    const reports = page.getByRole('link', { name: /^Report of run/ });
    assert.equal(await reports.count(), 2);
    for (const link of await reports.all()) {
        const past = await (await fetch(new URL(await link.getAttribute('href'), wire.url))).json();
        assert.ok(past.rounds.length > 0);
    }
    const model = await saved('download-model');
    assert.match(model.name, /\.safetensors$/);
    const header = JSON.parse(model.bytes.subarray(8, 8 + Number(model.bytes.readBigUInt64LE(0))).toString());
    assert.ok(Object.keys(header).length > 3);
    const [old] = await Promise.all([
        page.waitForEvent('download'),
        by('models').getByRole('link', { name: /^best ↓$/ }).click(),
    ]);
    assert.match(old.suggestedFilename(), /safetensors/);
});

step('keeps the chosen colours over a reload', async () => {
    await go('run');
    await page.getByTitle('Colours').selectOption('dark');
    await page.reload();
    await page.waitForSelector('html[data-theme="dark"]');
    await page.getByTitle('Colours').selectOption('system');
    await page.waitForSelector('html[data-theme="light"]');
});

step('looks as it should with all that has happened', async () => {
    await live();
    await by('confusion').waitFor();
    await look(page, 'run');
    for (const dialog of ['train', 'change', 'save', 'load']) {
        await by(`${dialog}-button`).click();
        await by('dialog').waitFor();
        await assert_accessible(page, `dialog ${dialog}`);
        await page.keyboard.press('Escape');
        await by('dialog').waitFor({ state: 'detached' });
    }
});

step('lets a viewer watch and not steer, and says so', async () => {
    const guarded = await start_master({ workers: 1, with_tokens: true });
    try {
        const viewer = await open_page(browser, guarded.url);
        const theirs = make_helpers(viewer.page);
        await viewer.page.goto(guarded.url);
        await viewer.page.locator('input[name="token"]').waitFor();
        await assert_accessible(viewer.page, 'login');
        await viewer.page.goto(guarded.viewer);
        await theirs.live();
        await theirs.by('viewer-note').waitFor();
        for (const control of controls) {
            assert.equal(await theirs.is_held_back(`${control}-button`), true, control);
        }
        await theirs.answer_to(() => viewer.page.keyboard.press('t'), 'refused', /viewer/);
        assert.equal(await theirs.by('dialog').count(), 0);
        await assert_accessible(viewer.page, 'viewer');
        assert.deepEqual(viewer.foreign, []);
        await viewer.page.context().close();

        const operator = await open_page(browser, guarded.url);
        const ours = make_helpers(operator.page);
        await operator.page.goto(guarded.operator);
        await ours.live();
        assert.equal(await ours.by('viewer-note').count(), 0);
        assert.equal(await ours.is_held_back('train-button'), false);
        await operator.page.context().close();
    } finally {
        await guarded.end();
    }
});

step('starts the very run of the command line, whatever digits its seed has', async () => {
    const own = await start_master({ workers: 1 });
    try {
        const opened = await open_page(browser, own.url);
        const theirs = make_helpers(opened.page);
        await opened.page.goto(`${own.url}#/plan`);
        await theirs.live();
        await opened.page.waitForSelector('[data-testid="plan-verdict"][data-ok="true"]');
        const text = (await theirs.by('plan-text').inputValue())
            .replace(/"seed": \d+/, '"seed": 9223372036854775813')
            .replace(/"rounds": \d+/, '"rounds": 1')
            .replace(/"epochs": \d+/, '"epochs": 1');
        await theirs.by('plan-text').fill(text);
        await opened.page.waitForSelector('[data-testid="start-button"][aria-disabled="false"]');
        await theirs.by('start-button').click();
        await theirs.answer_to(() => theirs.by('dialog-submit').click(), 'accepted');
        await theirs.by('facts').filter({ hasText: 'seed 9223372036854775813' }).waitFor();
        await theirs.in_phase('finished');
        const shown = await (await fetch(new URL('api/v1/report', own.url))).json();
        const plan = path.join(own.folder, 'typed.json');
        const report = path.join(own.folder, 'report.json');
        await writeFile(plan, text);
        const program = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio');
        const { status } = spawnSync(program, ['simulate', plan, '--report', report], { stdio: 'ignore' });
        assert.equal(status, 0);
        const simulated = JSON.parse(await readFile(report, 'utf8'));
        assert.match(simulated.weights_sha256, /^[0-9a-f]{64}$/);
        assert.equal(shown.weights_sha256, simulated.weights_sha256);
        assert.equal(shown.plan_digest, simulated.plan_digest);
        await opened.page.context().close();
    } finally {
        await own.end();
    }
});

step('has made no error and no request to another host', () => {
    // While the wire was cut, the browser reported that nobody answered.
    assert.deepEqual(
        errors.filter((text) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection/.test(text)),
        [],
    );
    assert.deepEqual(foreign, []);
});

step('says so when the master is gone', async () => {
    const code = await master.end();
    master = undefined;
    assert.equal(code, 0);
    await page.waitForSelector('[data-testid="connection"]:not([data-state="live"])');
    await page.waitForSelector('.banner');
});
