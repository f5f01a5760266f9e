// What the page says of states that a real run seldom or never is in: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assert_accessible, assert_fits, make_helpers, open_page, start_browser } from './chromium.mjs';
import { make_round, make_snapshot, make_worker, skip, start_scripted } from './scripted.mjs';

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});
after(() => browser?.close());

/** Opens the page on a server that begins with this snapshot, and hands both to the test. */
async function with_page({ snapshot = make_snapshot(), objects = {}, hash = '', stream = true }, body) {
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
        await page.goto(server.url + hash);
        const helpers = make_helpers(page);
        let { seq } = typeof snapshot === 'string' ? { seq: 0 } : snapshot;
        const say = (type, fields) => {
            seq += 1;
            socket.send(JSON.stringify({ seq, time: 1_750_000_100 + seq, type, ...fields }));
        };
        await body({ page, say, server, ...helpers, drop: () => socket.terminate() });
        assert.deepEqual(
            errors.filter((text) => !/WebSocket connection|status of 40[14]|ERR_CONNECTION|ERR_EMPTY/.test(text)),
            [],
        );
    } finally {
        await page.context().close();
        server.end();
    }
}

const step = (name, options, body) => test(name, { skip, timeout: 60_000 }, () => with_page(options, body));
const training = { phase: 'training', round: 3, workers: 2, clients: 4 };

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
        assert.match(await page.title(), /^Stopped/);
        await assert_accessible(page, 'stopped');
    },
);

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
