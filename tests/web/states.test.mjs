// What the page says of states that a real run seldom or never is in: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { assert_accessible, assert_fits, start_browser } from './chromium.mjs';
import { kept_run, make_round, make_snapshot, make_worker, report_of, skip, told_by_trainers, training, with_page } from './scripted.mjs';

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});
after(() => browser?.close());

const step = (name, options, body) => test(name, { skip, timeout: 60_000 }, () => with_page(browser, options, body));

step(
    'says why a run failed, and that a stop was a stop',
    { snapshot: make_snapshot({ status: training, rounds: [make_round(1), make_round(2)] }) },
    async ({ page, by, say }) => {
        say('training_finished', { outcome: 'failed', detail: 'no worker is left', round: 2, weights_sha256: '' });
        say('phase', { phase: 'failed', round: 2 });
        await by('health').filter({ hasText: 'Failed: no worker is left' }).waitFor();
        assert.equal(await by('health').getAttribute('data-tone'), 'bad');
        say('training_started', { round: 3, last_round: 15, target_accuracy: null });
        say('training_finished', { outcome: 'stopped', detail: '', round: 2, weights_sha256: '' });
        say('phase', { phase: 'finished', round: 2 });
        await by('phase').filter({ hasText: 'Stopped' }).waitFor();
        await by('health').filter({ hasText: 'Stopped by an operator after round 2' }).waitFor();
        assert.match(await page.title(), /^■ Stopped/);
        assert.match(await page.locator('link[rel="icon"]').getAttribute('href'), /^data:image/);
        await assert_accessible(page, 'stopped');
    },
);

step(
    'says that nothing is learned any more and that nothing goes forward, as the master judges',
    { snapshot: make_snapshot({ status: { ...training, phase: 'training' }, rounds: [make_round(1), make_round(2)] }) },
    async ({ page, by, say, go }) => {
        say('training_started', { round: 3, last_round: 15, target_accuracy: null });
        // By its own lights the page would not say so of three rounds.
        say('round_finished', { result: make_round(3, { plateau: { metric: 'test_loss', since: 1 } }) });
        await by('health').filter({ hasText: 'Flat: no better test loss since round 1.' }).waitFor();
        await page.waitForFunction(() => document.title.startsWith('▲')).catch(() => {});
        assert.match(await page.title(), /^▲ Training, 3/);
        say('progress_stalled', { since: 1_749_999_400, deadline: 600 });
        await by('health').filter({ hasText: /No update and no round for 1\d:\d\d\./ }).waitFor();
        await assert_accessible(page, 'stalled');
        say('progress_stalled', { since: null, deadline: 600 });
        await by('health').filter({ hasText: 'Flat' }).waitFor();
        say('round_finished', { result: make_round(4) });
        await by('health').filter({ hasText: /Learning|Wavering|Hardly/ }).waitFor();
        assert.match(await page.title(), /^Training, 4/);
        await go('log');
        await by('log').locator('li', { hasText: 'No update and no round for 10:00.' }).waitFor();
        await by('log').locator('li', { hasText: 'It goes on.' }).waitFor();
    },
);

step(
    'opens on a stall that began before',
    { snapshot: make_snapshot({ status: { ...training, stalled_since: 1_749_999_000 } }) },
    async ({ by }) => {
        await by('health').filter({ hasText: 'No update and no round for 1' }).waitFor();
    },
);

test('notifies of each occurrence once, while nobody looks', { skip, timeout: 60_000 }, async () => {
    const snapshot = make_snapshot({
        status: training,
        workers: [make_worker(1), make_worker(2, { name: 'old', standing: 'left_out', reason: 'no rows' })],
        rounds: [make_round(1)],
    });
    const before = (page) =>
        page.addInitScript(() => {
            localStorage.setItem('fedasio-notify', 'on');
            Object.defineProperty(document, 'hidden', { get: () => true });
            globalThis.notes = [];
            globalThis.Notification = class {
                static permission = 'granted';
                constructor(title, { body }) {
                    globalThis.notes.push(body);
                    document.documentElement.dataset.notes = globalThis.notes.length;
                }
            };
        });
    await with_page(browser, { snapshot, before }, async ({ page, by, say }) => {
        const notes = async (count) => {
            await page.waitForSelector(`html[data-notes="${count}"]`);
            return page.evaluate(() => globalThis.notes.at(-1));
        };
        const flat = (round, since) => say('round_finished', { result: make_round(round, { plateau: { metric: 'test_loss', since } }) });
        await by('health').waitFor(); // what is so until here is no news
        say('training_started', { round: 2, last_round: 60, target_accuracy: null });
        flat(2, 1);
        assert.equal(await notes(1), 'Flat: no better test loss since round 1'); // and not of who was left out before
        flat(3, 1);
        say('worker_standing', { worker: 1, name: 'worker-1', standing: 'left_out', reason: 'no column age' });
        assert.equal(await notes(2), 'worker-1 is left out: no column age');
        say('progress_stalled', { since: 1_750_000_000, deadline: 600 });
        assert.equal(await notes(3), 'No update and no round for 10:00');
        say('progress_stalled', { since: null, deadline: 600 });
        flat(4, 1);
        say('progress_stalled', { since: 1_750_000_900, deadline: 600 });
        assert.equal(await notes(4), 'No update and no round for 10:00');
        say('training_finished', { outcome: 'target_reached', detail: '', round: 4, weights_sha256: '' });
        say('phase', { phase: 'finished', round: 4 });
        assert.match(await notes(5), /^Target reached in round 4/);
    });
});

step(
    'never counts more rounds than there are',
    { snapshot: make_snapshot({ status: { phase: 'finished', round: 20, last_round: 15 }, rounds: [make_round(20)] }) },
    async ({ by, page }) => {
        await by('round').waitFor();
        assert.equal(await by('round').innerText(), 'Round 20');
        assert.match(await page.title(), /^Finished, 20 /);
        assert.equal(await page.locator('.bar-progress').getAttribute('value'), '15');
    },
);

step(
    'tells who is left out and why, in the run, the table and the log',
    { snapshot: make_snapshot({ status: training, workers: [make_worker(1), make_worker(7, { name: 'ward-3' })] }) },
    async ({ by, go, say, page }) => {
        const reason = 'its table has no column age';
        say('worker_standing', { worker: 7, name: 'ward-3', standing: 'left_out', reason });
        await by('health-left-out').filter({ hasText: `ward-3 is left out: ${reason}` }).waitFor();
        await by('health-left-out').getByRole('link').click();
        await by('worker-drawer').filter({ hasText: reason }).waitFor();
        await page.keyboard.press('Escape');
        await page.waitForSelector('[data-testid="worker-row"][data-key="7"][data-state="left out"]');
        await go('log');
        await by('log').locator('li', { hasText: `Worker ward-3 (#7) is left out: ${reason}` }).waitFor();
        await by('log').getByRole('link', { name: 'worker #7' }).waitFor();
    },
);

step(
    'keeps every digit of a seed of 64 bits, in what it shows and in what it would start',
    {
        snapshot: JSON.stringify(make_snapshot()).replace('"seed":1', '"seed":18446744073709551615'),
        objects: {
            plan: '{"name": "long", "seed": 18446744073709551615, "rounds": 3}',
            'plan/check': { ok: true, plan_digest: '00', plan: {}, note: 'The cohort’s updates are held: 2 GiB.' },
        },
    },
    async ({ by, go }) => {
        await by('facts').filter({ hasText: 'seed 18446744073709551615' }).waitFor();
        await go('plan');
        await by('plan-note').filter({ hasText: 'The cohort’s updates are held: 2 GiB.' }).waitFor();
        assert.match(await by('plan-text').inputValue(), /"seed": 18446744073709551615,/);
        assert.match(await by('plan-verdict').innerText(), /shows when it starts/);
    },
);

step(
    'keeps a draft over a reload, until it is taken back',
    { objects: { plan: { name: 'a', rounds: 3 }, 'plan/check': { ok: true, plan_digest: '00', plan: {} } }, hash: '#/plan' },
    async ({ by, page, live }) => {
        const checked = () => page.waitForSelector('[data-testid="plan-verdict"][data-ok="true"]');
        await checked();
        const before = await by('plan-text').inputValue();
        await by('plan-text').fill(before.replace('3', '4'));
        await page.reload();
        await live();
        await checked();
        assert.match(await by('plan-text').inputValue(), /"rounds": 4/);
        await by('plan-reset').click();
        await page.waitForSelector('[data-testid="plan-reset"][disabled]');
        await page.reload();
        await live();
        await checked();
        await page.waitForSelector('[data-testid="plan-reset"][disabled]');
        assert.equal(await by('plan-text').inputValue(), before);
    },
);

step(
    'comes back to a view as it was left',
    { snapshot: make_snapshot({ status: { workers: 2 }, workers: [make_worker(1), make_worker(2)] }), hash: '#/workers' },
    async ({ by, page }) => {
        await by('filter').fill('worker-2');
        await page.waitForSelector('[data-testid="shown"]:text("1 of 2")');
        await by('tab-log').click();
        await by('view-log').waitFor();
        await by('tab-workers').click();
        assert.equal(await by('filter').inputValue(), 'worker-2');
        await page.keyboard.press('Escape');
        await page.locator('main').focus();
        await page.keyboard.press('1');
        await by('view-run').waitFor();
        await page.keyboard.press('2');
        await page.waitForSelector('[data-testid="shown"]:text("1 of 2")');
    },
);

step(
    'has one row for a worker that comes back, and reaches every column at every width',
    { snapshot: make_snapshot({ status: { ...training, workers: 1 } }), hash: '#/workers' },
    async ({ by, say, page }) => {
        say('worker_joined', { worker: make_worker(1, { name: 'ward-3' }) });
        say('worker_left', { worker: 1, name: 'ward-3', reason: 'lost' });
        say('worker_joined', { worker: make_worker(2, { name: 'ward-3' }) });
        await page.waitForSelector('[data-testid="worker-row"][data-key="2"]');
        await page.waitForSelector('[data-testid="stream"][data-lanes="1"]');
        for (const width of [1280, 800, 400]) {
            await page.setViewportSize({ width, height: 800 });
            await assert_fits(page, `workers at ${width}`);
            const last = by('workers').locator('thead th').last();
            await last.scrollIntoViewIfNeeded();
            const { x, width: wide } = await last.boundingBox();
            assert.ok(x >= 0 && x + wide <= width + 1, `the last column can be seen at ${width}`);
        }
        // On a telephone what stands above a view takes little of it.
        const main = await page.locator('main').boundingBox();
        assert.ok(main.y <= 110, `${main.y} pixels above the view`);
    },
);

step(
    'asks for batches, and for events where no stream passes, saying so',
    {
        stream: false,
        objects: {
            events: (request) => {
                const after = Number(new URL(request.url, 'http://localhost').searchParams.get('after') ?? 0);
                const round = { seq: 8, time: 1, type: 'round_finished', result: make_round(1) };
                const events = after === 7 ? [round] : [];
                return { body: { instance: 'a', events, oldest: 1, newest: after >= 7 ? 8 : 7 } };
            },
            status: make_snapshot({ status: { phase: 'training', round: 1 } }).status,
            workers: [],
            clients: [],
            rounds: [],
            data: 'null',
        },
    },
    async ({ by, page, server, has_points }) => {
        await page.waitForSelector('[data-testid="connection"][data-state="polling"]');
        await by('banner').filter({ hasText: 'its live stream does not come through' }).waitFor();
        await has_points('chart-loss', 1);
        assert.ok(server.streams.every((url) => url.includes('batch=1')), server.streams.join(' '));
        await assert_accessible(page, 'polling');
    },
);

step(
    'says that a session is over, where the server asks for a new one',
    { stream: false, objects: { session: () => ({ code: 401, body: { error: 'sign in' } }) } },
    async ({ by, page }) => {
        await by('banner').filter({ hasText: 'Your session has ended' }).waitFor();
        await page.waitForSelector('[data-testid="connection"][data-state="signed_out"]');
    },
);

step(
    'does not let a long name of a plan push anything out of the window',
    {
        snapshot: make_snapshot({
            status: { plan: 'averylongname'.repeat(20), state_dir: true },
            rounds: [make_round(1)],
        }),
        objects: {
            plan: { name: 'a' },
            runs: [1, 2].map((run) => ({
                run: `a${run}`,
                plan: 'averylongname'.repeat(20),
                plan_digest: '00',
                seed: 1,
                started: 1,
                ended: 2,
                outcome: 'rounds_done',
                detail: null,
                weights_sha256: null,
                rounds: 1,
                best_test_accuracy: 0.5,
                last_test_accuracy: 0.5,
                last_test_loss: 1,
            })),
        },
    },
    async ({ by, go, page }) => {
        for (const view of ['run', 'history', 'plan']) {
            await go(view);
            for (const width of [1280, 800, 400]) {
                await page.setViewportSize({ width, height: 800 });
                await assert_fits(page, `${view} at ${width}`);
            }
            assert.ok((await page.locator('h1').boundingBox()).height < 40, 'the name is on one line');
        }
        await by('plan-base').waitFor();
    },
);

step(
    'names the clients that the rule of a strategy left out, and shows personal models beside the global one',
    {
        snapshot: make_snapshot({
            status: training,
            rounds: [make_round(1, { personal_accuracy: 0.9, personal_loss: 0.2, personal_clients: 4 })],
            clients: [0, 1, 2, 3].map((client) => ({ client, worker: 1, samples: 10, reason: '', labels: null, test_recall: null, test_reason: '' })),
            workers: [make_worker(1)],
        }),
    },
    async ({ by, go, say }) => {
        await by('personal-accuracy').filter({ hasText: '90.0 %' }).waitFor();
        say('round_started', { round: 2, cohort: [0, 1, 2, 3], clients_per_round: 4 });
        say('client_dropped', { round: 2, client: 3, worker: 1, reason: 'passed_over', detail: 'krum: farthest', name: 'worker-1' });
        say('round_finished', { result: make_round(2, { dropped: [{ client: 3, reason: 'passed_over' }] }) });
        await by('left-out').filter({ hasText: /client 3.*the rule of the strategy.*krum: farthest/ }).waitFor();
        await go('log');
        await by('log').locator('li', { hasText: 'krum: farthest' }).waitFor();
    },
);

step(
    'shows what trainers of their own tell: a chart each, or one that switches where there are many',
    {
        snapshot: make_snapshot({
            status: training,
            rounds: [1, 2].map((round) => make_round(round, told_by_trainers(round, ['auc', 'f1']))),
        }),
    },
    async ({ by, say, page }) => {
        await by('chart-own-auc').waitFor();
        await by('chart-own-f1').waitFor();
        assert.equal(await by('own-metric').count(), 0);
        assert.match(await by('chart-own-auc').innerText(), /0\.2500/);
        const many = ['auc', 'f1', 'm/1', 'constructor', 'z'];
        say('round_finished', { result: make_round(3, told_by_trainers(3, many)) });
        await by('own-metric').waitFor();
        assert.equal(await by('chart-own-auc').count(), 1);
        assert.equal(await by('chart-own-f1').count(), 0);
        await by('own-metric').selectOption('m/1');
        await by('chart-own-m/1').waitFor();
        assert.match(await by('chart-own-m/1').innerText(), /2\.3000/);
        await assert_accessible(page, 'own metrics');
        await assert_fits(page);
    },
);

const spread_of = (round, least) => ({
    round, clients: 2, of: 'accuracy', low: least + 0.05, median: (least + 0.9) / 2, high: 0.85,
    worst: [{ client: 0, value: least, samples: 50 }, { client: 1, value: 0.9, samples: 50 }],
});

step(
    'has of a run from before a restart what the history has: log, clients, spread and recall',
    {
        snapshot: make_snapshot({
            status: { ...training, run: 'c0', state_dir: true, test: { round: 2, classes: ['cat', 'dog'] } },
            workers: [make_worker(1, { name: 'ward-3', clients: [0, 1] })],
            clients: [0, 1].map((client) => ({
                client, worker: 1, samples: 250, round: null, loss: null, accuracy: null, seconds: null, reason: '', labels: null,
                distance: null, cosine: null, test_round: null, test_samples: 0, test_loss: null, test_accuracy: null,
                test_r2: null, test_rmse: null, test_mae: null, test_auc: null, test_recall: null, test_reason: '',
            })),
            rounds: [make_round(1, { test_clients: 2 }), make_round(2, { test_clients: 2, test_recall: [0.5, 0.75] })],
        }),
        objects: {
            runs: [],
            'runs/c0': { plan_json: {}, notes: [{ time: 1_750_000_001, level: 'warning', text: 'said by the master before' }] },
            'runs/c0/spreads': [spread_of(1, 0.4), spread_of(2, 0.5)],
            'runs/c0/rounds/2/clients': [
                { client: 0, worker: 'ward-3', samples: 250, loss: 0.7, accuracy: 0.61, seconds: 2, reason: null, detail: null },
                { client: 1, worker: 'ward-3', samples: 250, loss: null, accuracy: null, seconds: null, reason: 'lost', detail: '' },
            ],
        },
    },
    async ({ by, go, has_points, page }) => {
        await has_points('chart-fairness', 2);
        await by('worst').locator('li').first().filter({ hasText: /client 0.*50\.0 %/s }).waitFor();
        await by('class-recall').filter({ hasText: /cat.*50\.0 %.*dog.*75\.0 %/s }).waitFor();
        await go('log');
        await by('log').locator('li', { hasText: 'said by the master before' }).waitFor();
        await go('workers', '?table=clients');
        await page.locator('[data-testid="client-row"][data-key="0"]').filter({ hasText: '61.0 %' }).waitFor();
        await page.waitForSelector('[data-testid="client-row"][data-key="1"][data-state="left out"]');
    },
);

step(
    'marks on the curves where something was changed, loaded or started again',
    { snapshot: make_snapshot({ status: training, rounds: [1, 2, 3, 4, 5].map((round) => make_round(round)) }) },
    async ({ by, say, page }) => {
        const change = { last_round: 20, target_accuracy: null, deadline: 30, fraction: 0.5, clients_per_round: 2 };
        say('plan_changed', { round: 3, ...change });
        say('plan_changed', { round: 4, ...change, loaded: 'best' });
        await by('chart-loss-marks').filter({ hasText: '◆ change, ▼ load' }).waitFor();
        const plot = page.locator('[data-testid="chart-loss"] .u-over');
        const { x, y, width, height } = await plot.boundingBox();
        await page.mouse.move(x + width / 2, y + height / 2);
        await by('chart-loss-marks').filter({ hasText: 'Plan changed from round 3 on' }).waitFor();
    },
);

step(
    'says what rounds would take without the slowest, and of which worker all clients are odd',
    {
        snapshot: make_snapshot({ status: { ...training, workers: 4 }, workers: [] }),
        hash: '#/workers?table=clients',
    },
    async ({ by, say, page }) => {
        const owners = [1, 2, 3, 4];
        for (const worker of owners) {
            say('worker_joined', { worker: make_worker(worker, { name: worker === 4 ? 'tuebingen' : `ward-${worker}` }) });
            const clients = [0, 1, 2].map((place) => ({ client: 3 * worker + place, samples: 100, labels: null }));
            say('worker_assigned', { worker, clients, samples: 300 });
        }
        for (const round of [3, 4, 5]) {
            const cohort = owners.flatMap((worker) => [0, 1, 2].map((place) => 3 * worker + place));
            say('round_started', { round, cohort, clients_per_round: 12 });
            // Time passes by a second an event, so who is told to be ready last was at work longest.
            owners.forEach((worker) => say('worker_state', { worker, state: 'training' }));
            for (const worker of owners) {
                for (const place of [0, 1, 2]) {
                    const loss = worker === 4 ? 5 : 0.5;
                    say('client_updated', { round, client: 3 * worker + place, worker, samples: 100, loss, accuracy: 0.5, seconds: 1 });
                }
                say('worker_state', { worker, state: 'ready' });
            }
            say('round_finished', { result: make_round(round, { cohort }) });
        }
        await by('costs').filter({ hasText: /without tuebingen it would be \d/ }).waitFor();
        await by('client-groups').locator('li').first().filter({ hasText: /tuebingen.*3 of 3 odd/s }).waitFor();
        await assert_accessible(page, 'groups');
    },
);

/** Of what is drawn over what, by WCAG: the numbers of the matrix on their cells, in the present colours. */
const least_contrast = (page) =>
    page.evaluate(() => {
        const rgb = (text) => text.match(/[\d.]+/g).map(Number);
        const light = ([r, g, b]) => {
            const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
        };
        const page_colour = rgb(getComputedStyle(document.body).backgroundColor);
        const found = [...document.querySelectorAll('.matrix g > g')].flatMap((cell) => {
            const text = cell.querySelector('text');
            if (text === null) {
                return [];
            }
            const rect = cell.querySelector('rect');
            const share = Number(rect.getAttribute('fill-opacity'));
            const fill = rgb(getComputedStyle(rect).fill);
            const under = light(fill.map((value, place) => share * value + (1 - share) * page_colour[place]));
            const over = light(rgb(getComputedStyle(text).fill));
            return [(Math.max(under, over) + 0.05) / (Math.min(under, over) + 0.05)];
        });
        return { cells: found.length, least: Math.min(...found) };
    });

const every_share = Array.from({ length: 12 }, (_, row) =>
    Array.from({ length: 12 }, (_, column) => (column === row ? 80 * row + 1 : column === (row + 1) % 12 ? 1000 - 80 * row : 1)),
);

step(
    'has numbers in the confusion matrix that can be read in every shade',
    {
        snapshot: make_snapshot({
            rounds: [make_round(1)],
            evaluation: {
                round: 1,
                samples: 12_000,
                classes: every_share.map((_, place) => `class ${place}`),
                confusion: every_share,
                wrong: [],
            },
        }),
    },
    async ({ by, page }) => {
        await by('confusion').waitFor();
        for (const scheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.waitForSelector(`html[data-theme="${scheme}"]`);
            const { cells, least } = await least_contrast(page);
            assert.equal(cells, 144);
            assert.ok(least >= 4.5, `${least} in ${scheme}`);
        }
    },
);

step(
    'tells states apart where the system chooses the colours',
    {
        snapshot: make_snapshot({
            status: { workers: 3 },
            workers: [make_worker(1), make_worker(2, { state: 'training' }), make_worker(3, { state: 'gone', reason: 'lost' })],
        }),
        hash: '#/workers',
    },
    async ({ page }) => {
        await page.emulateMedia({ forcedColors: 'active' });
        await page.waitForSelector('[data-testid="worker-row"][data-key="3"]');
        const looks = await page.evaluate(() =>
            [...document.querySelectorAll('[data-testid="worker-row"] .state')].map((one) => {
                const { backgroundColor, borderTopWidth, borderTopColor } = getComputedStyle(one, '::before');
                return `${backgroundColor} ${borderTopWidth} ${borderTopColor}`;
            }),
        );
        assert.equal(new Set(looks).size, 3, looks.join('; '));
    },
);

step(
    'draws thousands of clients without thousands of elements',
    {
        snapshot: make_snapshot({
            status: { workers: 1, clients: 5000, clients_planned: 5000 },
            workers: [make_worker(1)],
            clients: Array.from({ length: 5000 }, (_, client) => ({
                client, worker: 1, samples: 10, round: 1, loss: 1, accuracy: 0.5, seconds: 1, reason: '', labels: [client % 7, 3, client % 5],
                distance: 1 + (client % 100) / 100, cosine: 0.5 + (client % 50) / 100, test_round: null, test_samples: 0,
                test_loss: null, test_accuracy: null, test_r2: null, test_rmse: null, test_mae: null, test_auc: null,
                test_recall: null, test_reason: '',
            })),
        }),
        hash: '#/workers?table=clients',
    },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="scatter"][data-clients="5000"]');
        const elements = await page.evaluate(() => document.querySelectorAll('*').length);
        assert.ok(elements < 1500, `${elements} elements`);
        await page.waitForSelector('[data-testid="label-map"][data-clients="320"]');
        // Where client 20 is, between the margins of the map: 1.2 long of 2.1, and 0.7 alike.
        await by('scatter').scrollIntoViewIfNeeded();
        const { x, y, width, height } = await by('scatter').boundingBox();
        await page.mouse.click(x + 44 + (width - 58) * 0.57, y + height * 0.51);
        await by('client-drawer').waitFor();
    },
);

step(
    'goes back in time in the task stream by dragging, and closer with the wheel',
    { snapshot: make_snapshot({ status: { workers: 1, now: Date.now() / 1000 }, workers: [make_worker(1)] }), hash: '#/workers' },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="stream"][data-lanes="1"]');
        const { x, y, width } = await by('stream').boundingBox();
        await page.mouse.move(x + width / 2, y + 8);
        await page.mouse.down();
        await page.mouse.move(x + width / 2 + 120, y + 8, { steps: 4 });
        await page.mouse.up();
        assert.match(await page.evaluate(() => location.hash), /until=\d+/);
        assert.equal(await by('worker-drawer').count(), 0, 'a drag opens nothing');
        await page.keyboard.down('Control');
        await page.mouse.wheel(0, -100);
        await page.keyboard.up('Control');
        await page.waitForURL(/window=48/);
        await by('stream-hold').click();
        assert.doesNotMatch(await page.evaluate(() => location.hash), /until/);
    },
);

step(
    'saves a chart as a picture, and a table as CSV and Markdown',
    { snapshot: make_snapshot({ rounds: [make_round(1), make_round(2)] }) },
    async ({ by, page, has_points }) => {
        await has_points('chart-loss', 2);
        const saved = async (action) => {
            const [download] = await Promise.all([page.waitForEvent('download'), action()]);
            return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
        };
        await by('chart-loss').hover();
        const picture = await saved(() => by('chart-loss-save').click());
        assert.equal(picture.name, 'loss.png');
        assert.deepEqual([...picture.bytes.subarray(1, 4)], [...Buffer.from('PNG')]);
        await page.getByText('Numbers of every round (2)').click();
        const csv = (await saved(() => by('save-csv').click())).bytes.toString();
        assert.match(csv, /^run,round,train_loss,.*,seconds_evaluating\r\n5c0f,1,1,0\.8,.*\r\n5c0f,2,0\.5,0\.8,/, 'numbers, not texts');
        assert.equal(csv.trim().split('\r\n').length, 3);
        const table = (await saved(() => by('save-md').click())).bytes.toString();
        assert.match(table, /^\| Round \| Cohort .*\|\n\| --- \| --: /);
    },
);

step(
    'opens the examples of a cell of the matrix, and draws how classes came along',
    {
        snapshot: make_snapshot({
            rounds: [1, 2, 3].map((round) => make_round(round, { test_recall: [0.2 * round, 0.9, null] })),
            evaluation: {
                round: 3, samples: 30, classes: ['coat', 'shirt', 'bag'], confusion: [[6, 4, 0], [1, 9, 0], [0, 0, 10]],
                wrong: [
                    { index: 3, label: 0, predicted: 1, confidence: 0.9 },
                    { index: 5, label: 0, predicted: 1, confidence: 0.8 },
                    { index: 8, label: 1, predicted: 0, confidence: 0.7 },
                ],
            },
        }),
    },
    async ({ by, page, has_points }) => {
        const samples = by('wrong-samples').locator('li');
        assert.equal(await samples.count(), 3);
        const cell = page.locator('.matrix-wrong').first();
        await cell.scrollIntoViewIfNeeded();
        const { x, y, width, height } = await cell.boundingBox();
        await page.mouse.move(x + width / 2, y + height / 2);
        await page.mouse.click(x + width / 2, y + height / 2);
        await by('cell-examples').filter({ hasText: /2 of the 3 most confident: coat → shirt/ }).waitFor();
        assert.equal(await samples.count(), 2);
        assert.match(await page.evaluate(() => location.hash), /cell=0\.1/);
        await by('cell-examples').getByRole('button', { name: 'show all' }).click();
        assert.equal(await samples.count(), 3);
        // By the keyboard too.
        await by('class-table').getByRole('link', { name: /coat/ }).press('Enter');
        await by('cell-examples').filter({ hasText: /1 of the 3 most confident: shirt → coat/ }).waitFor();
        // The worst classes have curves until others are chosen; one without samples has none.
        await has_points('chart-classes', 3);
        await by('chart-classes').filter({ hasText: /coat 60\.0 %.*shirt 90\.0 %/s }).waitFor();
        await by('class-chip').filter({ hasText: 'shirt' }).click();
        assert.equal(await by('chart-classes').locator('.legend li').count(), 1);
        await assert_accessible(page, 'curves of classes');
    },
);

step(
    'saves a chart as a drawing, and a run as one file that opens without a master',
    {
        snapshot: make_snapshot({ status: { run: 'f1' }, rounds: [make_round(1), make_round(2)] }),
        objects: { report: { run: 'f1', plan: '</script><b>', rounds: [] } },
    },
    async ({ by, page, has_points }) => {
        await has_points('chart-loss', 2);
        const saved = async (action) => {
            const [download] = await Promise.all([page.waitForEvent('download'), action()]);
            return { name: download.suggestedFilename(), text: (await readFile(await download.path())).toString() };
        };
        await by('chart-loss').hover();
        const drawing = await saved(() => by('chart-loss-svg').click());
        assert.equal(drawing.name, 'loss.svg');
        const parts = await page.evaluate((text) => {
            const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
            const lines = [...parsed.querySelectorAll('polyline')].map((one) => one.getAttribute('points').split(' ').length);
            return { wrong: parsed.querySelectorAll('parsererror').length, lines, title: parsed.querySelector('text').textContent };
        }, drawing.text);
        assert.deepEqual(parts, { wrong: 0, lines: [2, 2], title: 'Loss' });
        const file = await saved(() => by('save-html').click());
        assert.equal(file.name, 'scripted-f1.html');
        const found = await page.evaluate((text) => {
            const parsed = new DOMParser().parseFromString(text, 'text/html');
            return {
                pictures: [...parsed.querySelectorAll('img')].every((one) => one.src.startsWith('data:image/png')),
                drawn: parsed.querySelectorAll('.chart img').length,
                programs: [...parsed.querySelectorAll('script')].map((one) => one.type),
                links: parsed.querySelectorAll('link, [href]').length,
                // What opens onto nothing, and headings of nothing.
                empty: parsed.querySelectorAll('details:not([open]), section:not(:has(p, li, dl, table, svg, img))').length,
                plan: JSON.parse(parsed.getElementById('report').textContent).plan,
            };
        }, file.text);
        assert.deepEqual(found, { pictures: true, drawn: 2, programs: ['application/json'], links: 0, empty: 0, plan: '</script><b>' });
    },
);

step(
    'draws the stream of many workers as a heat map on one screen',
    {
        snapshot: make_snapshot({
            status: { workers: 80, now: 1_750_000_100 },
            workers: Array.from({ length: 80 }, (_, place) => make_worker(place + 1, { state: place % 2 === 0 ? 'training' : 'ready' })),
        }),
        hash: '#/workers',
    },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="stream"][data-lanes="80"]');
        assert.equal(await page.locator('.stream-name').count(), 0);
        const [whole, shown] = await by('stream').evaluate((box) => [box.scrollHeight, box.clientHeight]);
        assert.ok(whole <= shown + 1, `${whole} in ${shown}`);
        const { x, y, width } = await by('stream').boundingBox();
        await page.mouse.move(x + width - 20, y + 2);
        await by('stream-tip').filter({ hasText: /worker-1: training/ }).waitFor();
    },
);

step(
    'has the error of a regression in the unit of its label',
    {
        snapshot: make_snapshot({
            status: { task: 'regression' },
            rounds: [1, 2].map((round) => make_round(round, { test_accuracy: null, train_accuracy: null, test_rmse: 8 / round, test_mae: 3 / round, test_r2: 0.4 * round })),
            data: { label: { name: 'weight in g', kind: 'numeric', mean: 4200, deviation: 800 }, inputs: 3, columns: [], column_count: 0, owners: [], owner_count: 0, notes: [] },
        }),
    },
    async ({ by, has_points }) => {
        await has_points('chart-error', 2);
        await by('chart-error').filter({ hasText: /Error in weight in g.*RMSE 4.*MAE 1\.5/s }).waitFor();
        assert.equal(await by('chart-accuracy').count(), 0);
    },
);

// Right in the middle, too low above 90.
const predicted = (round) => ({
    round,
    samples: 100,
    classes: [],
    confusion: null,
    wrong: [],
    histogram: { label: 'price', low: 0, width: 5, bins: 24, cells: [[9, 9, 30], [9, 10, 10], [12, 12, 40], [18, 15, 15], [23, 18, 5]] },
});

step(
    'has predicted against true of a regression, in words, in a picture and in numbers',
    { snapshot: make_snapshot({ status: { task: 'regression' }, rounds: [make_round(1, { test_accuracy: null })] }) },
    async ({ by, page, say }) => {
        await by('no-values').waitFor();
        await assert_accessible(page, 'no predictions');
        say('model_evaluated', predicted(2));
        await by('values').waitFor();
        assert.equal(await by('no-values').count(), 0);
        assert.equal(
            await by('values-said').textContent(),
            'At least half of the predictions are within 5 of the truth; it predicts too low above 90.',
        );
        assert.equal(await by('values').locator('rect').count(), 576);
        assert.equal(await by('values').locator('.matrix-right').count(), 24);
        assert.deepEqual(await by('values').locator('.matrix-column').allTextContents(), ['0', '20', '40', '60', '80', '100', '120']);
        assert.equal(await by('residuals').locator('li').count(), 11);
        await by('residuals').locator('li', { hasText: /^−1515\.0 %$/ }).waitFor();
        for (const scheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.waitForSelector(`html[data-theme="${scheme}"]`);
            await assert_accessible(page, `predictions in ${scheme}`);
        }
        for (const width of [1280, 800, 400]) {
            await page.setViewportSize({ width, height: 800 });
            await assert_fits(page, `predictions at ${width}`);
        }
    },
);

step(
    'has what a regression predicted before this process of the master',
    {
        snapshot: make_snapshot({
            status: { ...training, task: 'regression', run: 'e1', state_dir: true },
            rounds: [make_round(2, { test_accuracy: null })],
        }),
        objects: { 'runs/e1/evaluation': predicted(2) },
    },
    async ({ by, page }) => {
        await by('values').waitFor();
        await page.getByText('round 2, 100 test samples').waitFor();
    },
);

step(
    'draws what rounds do to the layers, and counts the units that are dead',
    { snapshot: make_snapshot({ status: training }) },
    async ({ by, say, has_points, page }) => {
        assert.equal(await by('still').count(), 0);
        for (const round of [3, 4]) {
            say('layers_measured', {
                round,
                arrays: [
                    { name: '1.dense.kernel', weights: 4 + round, update: 1 / round, units: 64, still: round },
                    { name: '1.dense.bias', weights: 0, update: 0.1, units: 0, still: 0 },
                ],
            });
            say('round_finished', { result: make_round(round) });
        }
        await has_points('chart-steps', 2);
        await by('still').filter({ hasText: '4 of 64 units in 1.dense' }).waitFor();
        await by('chart-norms').filter({ hasText: /1\.dense 8/ }).waitFor();
        await assert_accessible(page, 'layers');
    },
);

const counted = (fields = {}) => ({
    model: null, run: 'c0', round: 3, name: '1.dense.kernel', dims: [8, 64], values: 512, not_finite: 0, zeros: 64, minimum: -0.4,
    maximum: 9, mean: 0.01, deviation: 0.2, low: -0.4, width: 0.02, bins: Array.from({ length: 60 }, (_, place) => Math.round(20 * Math.exp(-(((place - 20) / 9) ** 2)))),
    below: 0, above: 1, arrays: ['1.dense.kernel', '1.dense.bias'], ...fields,
});
let histograms_asked = 0;

step(
    'counts the values of an array at a click, waits for its turn, and says what is odd',
    {
        snapshot: make_snapshot({ status: { ...training, run: 'c0' } }),
        objects: {
            'model/arrays/0/histogram': () => {
                histograms_asked += 1;
                return histograms_asked === 1 ? { code: 503, body: { error: 'another array is being counted: try again' } } : { body: counted() };
            },
            'model/arrays/1/histogram': counted({ name: '1.dense.bias', values: 64, zeros: 0, not_finite: 64, bins: [], low: 0, width: 0, above: 0 }),
        },
    },
    async ({ by, say, page }) => {
        const arrays = ['kernel', 'bias'].map((name) => ({ name: `1.dense.${name}`, weights: 4, update: 1, units: 0, still: 0 }));
        for (const round of [3, 4]) {
            say('layers_measured', { round, arrays });
            say('round_finished', { result: make_round(round) });
        }
        await by('layer-chip').first().click();
        await by('layer-histogram').waitFor();
        assert.equal(histograms_asked, 2);
        await by('layer-facts').filter({ hasText: '512 values · mean 0.01 ± 0.2 · from −0.4 to 9 · zero: 64 (13 %) · beyond the bars: 1 (0.2 %)' }).waitFor();
        assert.equal(await by('layer-histogram').locator('rect').count(), 60);
        await assert_accessible(page, 'a histogram');
        for (const width of [400, 1280]) {
            await page.setViewportSize({ width, height: 800 });
            const { width: wide } = await by('layer-histogram').boundingBox();
            assert.ok(wide > 250 && wide <= width, `${wide} of ${width}`);
        }
        // It is of round 3, and there was another since.
        await by('count-again').click();
        await page.locator('.layer-values summary').click();
        await by('histogram-table').locator('tr', { hasText: 'above 0.8' }).waitFor();
        // What is no number has no bars.
        await by('layer-chip').nth(1).focus();
        await page.keyboard.press('Enter');
        await by('layer-facts').filter({ hasText: '64 values · not finite: 64 (100 %)' }).waitFor();
        assert.equal(await by('layer-histogram').count(), 0);
        await by('layer-chip').nth(1).click();
        await by('layer-facts').waitFor({ state: 'detached' });
    },
);

step(
    'has the arrays of a past run from its saved model, and says where that is of another run',
    {
        snapshot: make_snapshot({ status: { ...training, run: 'd0', plan: 'now', state_dir: true }, rounds: [make_round(1)] }),
        hash: '#/run?of=d1',
        objects: {
            runs: [],
            ...Object.fromEntries(
                ['d1', 'd2'].flatMap((run) => [
                    [`runs/${run}`, { ...kept_run(run), plan_digest: 'abcdefgh99', plan_json: { rounds: 2, clients: 2 }, notes: [] }],
                    [`runs/${run}/report`, report_of([make_round(1)])],
                    [`runs/${run}/evaluation`, 'null'],
                    [`runs/${run}/lanes`, []],
                    [`runs/${run}/rounds/1/clients`, []],
                    [`runs/${run}/rounds/1/tests`, []],
                ]),
            ),
            'models/last/arrays/0/histogram': counted({ run: 'other', name: 'wrong' }),
            'models/last-abcdefgh/arrays/0/histogram': counted({ run: 'd1', name: 'right', arrays: ['right', 'left'] }),
        },
    },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="past-bar"][data-run="d1"][data-state="shown"]');
        await by('open-values').click();
        await by('layer-histogram').waitFor();
        assert.deepEqual(await by('layer-chip').allTextContents(), ['right', 'left']);
        await page.evaluate(() => {
            location.hash = '#/run?of=d2';
        });
        await page.waitForSelector('[data-testid="past-bar"][data-run="d2"][data-state="shown"]');
        await by('open-values').click();
        await by('values-problem').filter({ hasText: 'No saved model here is of this run' }).waitFor();
        assert.equal(await by('layer-histogram').count(), 0);
    },
);

step(
    'knows from the master what workers cost and layers did before the page was opened',
    {
        snapshot: make_snapshot({
            status: { ...training, run: 'c0', round: 40, workers: 4 },
            workers: [1, 2, 3, 4].map((worker) => make_worker(worker, { name: `ward-${worker}` })),
            rounds: [make_round(39), make_round(40)],
        }),
        objects: {
            'rounds/summary': {
                run: 'c0', rounds_looked_at: 20, usual: 3,
                resumed: { round: 38, changes: [{ round: 39, last_round: 90, target_accuracy: null, deadline: 5, fraction: 1, clients_per_round: 4 }] },
                workers: [1, 2, 3, 4].map((worker) => ({
                    worker, until: worker === 4 ? 3 : 1, loading: 0, computing: worker === 4 ? 3 : 1, moving: 0, saves: worker === 4 ? 2 : 0, rounds: 20,
                })),
                rounds: Array.from({ length: 30 }, (_, place) => ({ round: 11 + place, from: place, to: place + 1, moving: 1, computing: 2, waiting: 1, late: 1 })),
                layers: { names: ['1.dense.kernel'], units: [64], rounds: [10, 20, 30, 40].map((round) => ({ round, weights: [4], update: [1 / round], still: [0] })) },
            },
        },
    },
    async ({ by, go, has_points, page }) => {
        await has_points('chart-steps', 4);
        await by('chart-accuracy').filter({ hasText: '◆ change, ▮ restart' }).waitFor();
        await go('workers');
        await page.locator('main').filter({ hasText: /without ward-4/i }).waitFor();
        await go('network');
        await page.waitForSelector('[data-testid="shares"][data-rounds="30"]');
    },
);

step(
    'makes a link by which others may watch',
    {
        objects: {
            session: { role: 'operator', protected: true },
            links: ({ method }) => {
                assert.equal(method, 'POST');
                return { body: { link: '?link=viewer.1.link-a.b', expires: 1_750_086_400 } };
            },
        },
    },
    async ({ by, page, server }) => {
        await by('phase').waitFor();
        await by('keys-button').click();
        await by('link-make').click();
        await by('link-address').waitFor();
        assert.equal(await by('link-address').inputValue(), `${server.url}?link=viewer.1.link-a.b`);
        await assert_accessible(page, 'a link to watch');
    },
);
