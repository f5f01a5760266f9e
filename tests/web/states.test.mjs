// What the page says of states that a real run seldom or never is in: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, make_round, make_snapshot, make_worker, training } from './scripted.mjs';

const step = in_browser();

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
        // It is drawn after the rest.
        await page.waitForFunction(() => document.title.startsWith('Training, 4'));
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

step(
    'notifies of each occurrence once, while nobody looks',
    {
        snapshot: make_snapshot({
            status: training,
            workers: [make_worker(1), make_worker(2, { name: 'old', standing: 'left_out', reason: 'no rows' })],
            rounds: [make_round(1)],
        }),
        before: (page) =>
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
            }),
    },
    async ({ page, by, say }) => {
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
