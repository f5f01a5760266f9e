// What the page says of states that a real run seldom or never is in: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { assert_accessible, assert_fits, start_browser } from './chromium.mjs';
import { make_round, make_snapshot, make_worker, skip, with_page } from './scripted.mjs';

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});
after(() => browser?.close());

const step = (name, options, body) => test(name, { skip, timeout: 60_000 }, () => with_page(browser, options, body));
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

const told_by_trainers = (round, names) => ({
    train_metrics: Object.fromEntries(names.map((name, place) => [name, place + round / 10])),
    test_metrics: { [names[0]]: round / 8 },
});

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

const run_of = (run, fields = {}) => ({
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

const swept = ['a1', 'a2', 'a3', 'a4'].map((run, place) => ({
    run,
    rate: place < 2 ? 0.1 : 0.01,
    seed: 1 + (place % 2),
    accuracy: 0.7 + 0.02 * place,
}));

step(
    'lists runs with the keys in which they differ, and the mean over their seeds',
    {
        snapshot: make_snapshot({ status: { run: 'a1', plan: 'sweep', state_dir: true }, rounds: [make_round(1)] }),
        hash: '#/history',
        objects: {
            runs: swept.map(({ run, seed, accuracy }, place) =>
                run_of(run, {
                    seed,
                    started: 1_750_000_000 - place,
                    best_test_accuracy: accuracy,
                    weights_sha256: place < 2 ? 'abcd' : `${place}`,
                    plan_json: { name: run, seed, rounds: 2, local: { learning_rate: swept[place].rate } },
                }),
            ),
            ...Object.fromEntries(
                swept.flatMap(({ run, rate, seed }) => [
                    [`runs/${run}`, { plan_json: { name: run, seed, rounds: 2, local: { learning_rate: rate } }, notes: [] }],
                    [`runs/${run}/rounds`, [make_round(1), make_round(2)]],
                ]),
            ),
        },
    },
    async ({ by, page, has_points }) => {
        const order = () => by('run-row').evaluateAll((rows) => rows.map((row) => row.dataset.run).join(' '));
        const sort_by = async (name, way) => {
            await by('runs').getByRole('button', { name, exact: true }).click();
            await by('runs').locator(`th[aria-sort="${way}"]`, { hasText: name }).waitFor();
        };
        await sort_by('learning_rate', 'ascending');
        assert.equal(await order(), 'a3 a4 a1 a2');
        await sort_by('learning_rate', 'descending');
        assert.equal(await order(), 'a1 a2 a3 a4');
        // What is better is on top at the first click.
        await sort_by('Best', 'descending');
        assert.equal(await order(), 'a4 a3 a2 a1');
        assert.equal(await by('runs').locator('td b').innerText(), '76.0 %', 'the best stands out');
        assert.deepEqual(
            await by('runs').locator('thead th').evaluateAll((all) => all.map((one) => one.innerText.replace(/\s*[↑↓]/, '')).slice(1, 6)),
            ['Plan', 'Best', 'Last', 'learning_rate', 'seed'],
            'a result is beside its name, and the seed behind what was varied',
        );
        assert.equal(await by('runs').getByRole('button', { name: 'Rounds', exact: true }).count(), 1);
        // The present run, the one before and the best are compared without being chosen, under the values that tell them apart.
        await has_points('chart-runs', 2);
        assert.match(await by('chart-runs').locator('.legend').innerText(), /learning_rate=0\.1 seed=1 a1.*learning_rate=0\.01 seed=2 a4/s);
        const chosen = await by('run-row').locator('input:checked').count();
        assert.equal(chosen, 3);
        assert.equal(await page.locator('.alike').count(), 2);
        // How the result depends on a key: a dot a run, and a click compares it.
        await page.waitForSelector('[data-testid="sweep"][data-runs="4"]');
        await by('sweep-key').selectOption('local.learning_rate');
        await by('sweep').locator('[data-run="a3"]').click();
        await page.waitForSelector('[data-testid="run-row"][data-run="a3"].row-open');
        const dots = await by('sweep').locator('circle').evaluateAll((all) => all.map((one) => one.classList.contains('sweep-dot')));
        assert.deepEqual(dots, dots.toSorted((a, b) => b - a), 'what is compared lies upon the others');
        await by('sweep').locator('[data-run="a3"]').click();
        await page.waitForSelector('[data-testid="run-row"][data-run="a3"]:not(.row-open)');
        await page.waitForSelector('[data-testid="parallel"][data-runs="4"]');
        assert.equal(await by('parallel').locator('polyline').count(), 4);
        await by('group-seeds').check();
        await page.waitForSelector('[data-testid="shown"]:text("4 runs in 2 groups")');
        assert.match(await by('run-row').nth(1).innerText(), /2 seeds.*71\.0 % ± 1\.4/s);
        // A group is compared as a whole.
        await by('filter').fill('learning_rate=0.1');
        await page.waitForSelector('[data-testid="shown"]:text("2 of 4 runs in 1 group")');
        await by('run-row').getByRole('checkbox').uncheck();
        assert.match(await page.evaluate(() => location.hash), /runs=a4(&|$)/);
        await by('run-row').getByRole('checkbox').check();
        assert.match(decodeURIComponent(await page.evaluate(() => location.hash)), /runs=a4,a1,a2(&|$)/);
        // Part of a number is none, and drawings are of what the table shows.
        await by('filter').fill('learning_rate=0.0');
        await page.waitForSelector('[data-testid="shown"]:text("0 of 4 runs")');
        await by('sweep').waitFor({ state: 'detached' });
        await by('filter').fill('best>=72%');
        await page.waitForSelector('[data-testid="sweep"][data-runs="3"]');
        await assert_accessible(page, 'history of a sweep');
        // Nothing chosen stays nothing.
        await by('filter').fill('');
        await by('group-seeds').uncheck();
        for (let left = 3; left > 0; left -= 1) {
            await by('run-row').locator('input:checked').nth(left - 1).uncheck();
        }
        await page.getByText('Choose runs above').waitFor();
    },
);

for (const width of [400, 1280]) {
    step(
        `moves nothing at ${width} pixels when it has read a sweep`,
        {
            snapshot: make_snapshot({ status: { run: '', plan: 'folder', state_dir: true } }),
            objects: {
                runs: swept.map(({ run, seed, rate, accuracy }) =>
                    run_of(run, { seed, best_test_accuracy: accuracy, plan_json: { seed, rounds: 2, local: { learning_rate: rate } } }),
                ),
                ...Object.fromEntries(swept.map(({ run, seed }, place) => [`runs/${run}`, { plan_json: { seed, rounds: place }, notes: [] }])),
                ...Object.fromEntries(swept.map(({ run }) => [`runs/${run}/rounds`, [make_round(1), make_round(2)]])),
            },
            before: async (page) => {
                await page.setViewportSize({ width, height: 900 });
                await page.addInitScript(() => {
                    globalThis.shifts = [];
                    new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift', buffered: true });
                });
            },
        },
        async ({ by, page, has_points }) => {
            await page.waitForSelector('[data-testid="sweep"][data-runs="4"]');
            await has_points('chart-runs', 2);
            await by('plan-diff').waitFor();
            // What has been drawn until now is told behind the frame after it.
            const sum = await page.evaluate(async () => {
                for (let frame = 0; frame < 3; frame += 1) {
                    await new Promise(requestAnimationFrame);
                    await new Promise((done) => setTimeout(done));
                }
                return globalThis.shifts.reduce((all, value) => all + value, 0);
            });
            assert.ok(sum < 0.02, `shifts by ${sum}`);
        },
    );
}

step(
    'compares regressions by a number that they have, and says where the history ends',
    {
        snapshot: make_snapshot({ status: { run: 'b0', plan: 'sweep', state_dir: true, task: 'regression' } }),
        hash: '#/history?runs=b1,b2',
        objects: {
            runs: Array.from({ length: 1000 }, (_, place) => run_of(`b${place}`, { best_test_loss: 0.25, last_test_loss: 0.5 })),
            'runs/b1': { plan_json: { rounds: 1 } },
            'runs/b2': { plan_json: { rounds: 2 } },
            ...Object.fromEntries(
                ['b1', 'b2'].map((run) => [
                    `runs/${run}/rounds`,
                    [1, 2].map((round) => make_round(round, { test_accuracy: null, train_accuracy: null, test_rmse: 3 / round })),
                ]),
            ),
        },
    },
    async ({ page, by, has_points }) => {
        await has_points('chart-runs', 2);
        assert.equal(await by('metric').inputValue(), 'test_rmse');
        await by('runs').getByRole('button', { name: 'Best loss' }).waitFor();
        await by('runs-end').filter({ hasText: 'latest 1,000' }).waitFor();
        // They are drawn when they are asked for, and a group of any size can be compared.
        assert.equal(await by('run-row').count(), 200);
        await by('more-runs').filter({ hasText: 'Show 800 more' }).click();
        assert.equal(await by('run-row').count(), 1000);
        // A request that finds nobody is the banner's to tell; one that is refused has a reason.
        const ask = async (answer) => {
            await page.route('**/api/v1/runs?plans=1', answer, { times: 1 });
            const asked = page.waitForEvent(answer === away ? 'requestfailed' : 'requestfinished');
            await page.getByRole('button', { name: 'Refresh' }).click();
            await asked;
            await page.evaluate(() => new Promise((drawn) => setTimeout(() => requestAnimationFrame(() => setTimeout(drawn)))));
        };
        const away = (route) => route.abort('connectionrefused');
        await ask(away);
        await ask((route) => route.fulfill({ status: 503, json: { error: 'the history is damaged' } }));
        await page.getByRole('alert').filter({ hasText: 'damaged' }).waitFor();
        await ask(away);
        await ask((route) => route.fallback());
        await page.getByRole('alert').filter({ hasText: 'damaged' }).waitFor({ state: 'detached' });
        await ask(away);
        assert.deepEqual(await page.locator('p[role="alert"]').allInnerTexts(), []);
    },
);

step(
    'compares as many of a group as there are colours',
    {
        snapshot: make_snapshot({ status: { run: '', plan: 'folder', state_dir: true } }),
        hash: '#/history?runs=none&seeds=mean',
        objects: {
            runs: Array.from({ length: 11 }, (_, place) => run_of(`e${place}`, { seed: place, plan_json: { seed: place, rounds: 2 } })),
            ...Object.fromEntries(Array.from({ length: 11 }, (_, place) => [`runs/e${place}/rounds`, [make_round(1)]])),
            ...Object.fromEntries(Array.from({ length: 11 }, (_, place) => [`runs/e${place}`, { plan_json: { seed: place } }])),
        },
    },
    async ({ by, page }) => {
        await by('run-row').filter({ hasText: '11 seeds' }).getByRole('checkbox').check();
        await page.waitForSelector('[data-testid="plan-diff"] thead th:nth-child(9)');
        assert.equal(await by('plan-diff').locator('thead th').count(), 9, 'the key, and 8 runs');
        await by('run-row').getByRole('checkbox').uncheck();
        await page.getByText('Choose runs above').waitFor();
    },
);

step(
    'compares runs by what their trainers tell',
    {
        snapshot: make_snapshot({ status: { run: 'b0', plan: 'own', state_dir: true } }),
        hash: '#/history?runs=b1,b2',
        objects: {
            runs: ['b1', 'b2'].map((run) => run_of(run)),
            'runs/b1': { plan_json: { rounds: 2 } },
            'runs/b2': { plan_json: { rounds: 2 } },
            'runs/b1/rounds': [1, 2].map((round) => make_round(round, told_by_trainers(round, ['auc']))),
            'runs/b2/rounds': [1, 2].map((round) => make_round(round)), // told nothing
        },
    },
    async ({ by, page, has_points }) => {
        await has_points('chart-runs', 2);
        const saved = async (id) => {
            const [download] = await Promise.all([page.waitForEvent('download'), by(id).click()]);
            return (await readFile(await download.path(), 'utf8')).split('\r\n').map((line) => line.split(','));
        };
        const [names, first, , third] = await saved('export-csv');
        assert.deepEqual(names.slice(-2), ['test_metrics.auc', 'train_metrics.auc']);
        assert.deepEqual([first.at(-2), third[0], third.at(-2)], ['0.125', 'b2', '']);
        await by('metric').selectOption('auc (test)');
        await page.getByText('Numbers of these runs').click();
        assert.deepEqual((await saved('save-csv')).slice(1, 3), [['1', '0.125', ''], ['2', '0.25', '']]);
        await by('chart-runs').filter({ hasText: '0.2500' }).waitFor();
        await by('metric').selectOption({ label: 'auc (train)' });
        await by('chart-runs').filter({ hasText: '0.2000' }).waitFor();
    },
);

step(
    'has of each saved model where it is from, what it is worth and which weights they are, and loads it in one click',
    {
        snapshot: make_snapshot({ status: { run: 'b0', plan: 'wards', state_dir: true, models: ['best', 'own', 'torn'], phase: 'finished' } }),
        hash: '#/history',
        objects: {
            runs: [run_of('b0'), run_of('a1')],
            models: [
                { name: 'own', saved: 1_750_000_000, bytes: 2_097_152, plan: 'wards', plan_digest: 'd', run: 'a1', round: 7, kept: null,
                  weights_sha256: '0c607fcaaa7324a9', test: { test_accuracy: 0.8125, test_loss: 0.5 } },
                { name: 'best', saved: 1_749_000_000, bytes: 1024, plan: 'wards', plan_digest: 'd', run: null, round: 3, kept: 'best',
                  weights_sha256: null, test: null },
                { name: 'torn', error: 'torn.safetensors: its header is cut off' },
            ],
        },
    },
    async ({ page, by }) => {
        const row = (name) => by('models').locator('tbody tr').filter({ hasText: name });
        await row('own').filter({ hasText: '81.3 %' }).waitFor();
        assert.match(await row('own').innerText(), /wards a1\s+7\s+81\.3 %\s+0\.5000\s+0c607fca\s+2\.0 MiB/);
        await row('torn').filter({ hasText: 'its header is cut off' }).waitFor();
        assert.ok(await row('torn').getByRole('button', { name: 'Load torn' }).isDisabled());
        await assert_accessible(page, 'saved models');
        await row('own').getByRole('button', { name: 'Load own' }).click();
        await by('dialog').waitFor();
        assert.equal(await by('load-select').inputValue(), 'own');
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
    'names the heights of a chart whose number changes its size',
    {
        snapshot: make_snapshot({ status: { run: 'b0', plan: 'sweep', state_dir: true } }),
        hash: '#/history?runs=b1',
        objects: {
            runs: [run_of('b1')],
            'runs/b1': { plan_json: { rounds: 2 } },
            'runs/b1/rounds': [1, 2].map((round) => make_round(round, { test_rmse: 700 / round })),
        },
        before: (page) =>
            page.addInitScript(() => {
                globalThis.written = [];
                const write = CanvasRenderingContext2D.prototype.fillText;
                CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
                    globalThis.written.push(text);
                    return write.call(this, text, ...more);
                };
            }),
    },
    async ({ by, page, has_points }) => {
        await has_points('chart-runs', 2);
        await page.evaluate(() => globalThis.written.splice(0));
        await by('metric').selectOption('test_rmse');
        await by('chart-runs').filter({ hasText: '350.00' }).waitFor();
        // The plot is drawn with the next frame.
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
        const written = await page.evaluate(() => globalThis.written);
        assert.ok(written.includes('500'), written.join());
    },
);

let rounds_of_c1 = 1;

step(
    'follows a run that goes on elsewhere, and does not call it cut off',
    {
        snapshot: make_snapshot({ status: { run: '', plan: 'folder', state_dir: true } }),
        hash: '#/history?runs=c1',
        objects: {
            runs: () => ({ body: [{ ...run_of('c1', { outcome: rounds_of_c1 < 3 ? null : 'rounds_done', rounds: rounds_of_c1 }), plan_json: { rounds: 3 } }] }),
            'runs/c1': { plan_json: { rounds: 3 } },
            'runs/c1/rounds': () => ({ body: Array.from({ length: rounds_of_c1 }, (_, place) => make_round(place + 1)) }),
        },
        before: (page) => page.clock.install(),
    },
    async ({ by, page, has_points }) => {
        await has_points('chart-runs', 1);
        assert.match(await by('run-row').innerText(), /not ended/);
        for (rounds_of_c1 of [2, 3]) {
            await page.clock.fastForward(60_000);
            await has_points('chart-runs', rounds_of_c1);
        }
        await by('run-row').filter({ hasText: 'all rounds done' }).waitFor();
    },
);

const wrong_of = (label) => [1, 2].map((index) => ({ index, label, predicted: 1, confidence: 0.9 }));
const opened_with_pictures = (run, label, asked) => ({
    snapshot: make_snapshot({ status: { ...training, run, plan: 'now', state_dir: true } }),
    hash: '#/run?of=d1',
    objects: {
        runs: [run_of('d1')],
        'runs/d1': { ...run_of('d1'), labels: null, plan_json: { rounds: 2, clients: 2 }, notes: [] },
        'runs/d1/report': { parameters: 10, checkpoint_round: 0, seconds_total: 60, changes: [], data: null, sites: [], rounds: [make_round(1), make_round(2)] },
        'runs/d1/evaluation': { round: 2, samples: 100, classes: ['cat', 'dog'], confusion: [[40, 10], [5, 45]], wrong: wrong_of(0) },
        // Of the master's test set: the first is alike by chance.
        ...Object.fromEntries([1, 2].map((index) => [`samples/${index}`, () => (asked.push(index), { body: { index, label: index === 1 ? 0 : label, shape: [1, 1, 1], pixels: [9] } })])),
    },
});
const asked_for = { same: [], other: [], none: [] };

step('shows pictures of the test set that a past run had', opened_with_pictures('d0', 0, asked_for.same), async ({ by }) => {
    await by('wrong-samples').locator('canvas').nth(1).waitFor();
});

step('shows no pictures of another test set', opened_with_pictures('d0', 1, asked_for.other), async ({ by, page }) => {
    await page.waitForSelector('[data-testid="wrong-samples"][data-foreign]');
    assert.equal(await by('wrong-samples').locator('canvas').count(), 0);
    assert.equal(asked_for.other.length, 2);
});

step('asks nobody for pictures where there is no master', opened_with_pictures('', 0, asked_for.none), async ({ by }) => {
    const { height } = await by('wrong-samples').locator('.sample-none').first().boundingBox();
    assert.ok(height < 40, `${height} pixels for nothing`);
    assert.deepEqual(asked_for.none, []);
});

const kept_run = (run, fields = {}) => ({ ...run_of(run), labels: null, ...fields });
const report_of = (rounds) => ({
    parameters: 10, checkpoint_round: 0, seconds_total: 60, changes: [], data: null, sites: [], rounds,
});
const two_classes = (round) => ({ round, samples: 100, classes: ['cat', 'dog'], confusion: [[40, 10], [5, 45]], wrong: [] });

let said_of_d1 = null;

step(
    'opens a run of the past like the present one, keeps what is said of it, and finds the way back',
    {
        snapshot: make_snapshot({ status: { ...training, run: 'd0', plan: 'now', state_dir: true }, rounds: [make_round(1)] }),
        hash: '#/history',
        objects: {
            runs: () => ({
                body: [
                    kept_run('d0', { plan: 'now' }),
                    kept_run('d1', { plan: 'before', seed: 7, labels: said_of_d1 }),
                    kept_run('d2', { plan: 'older' }),
                ],
            }),
            'runs/d1': { ...kept_run('d1', { plan: 'before', seed: 7 }), plan_json: { rounds: 2, clients: 2 }, notes: [{ time: 1_750_000_001, level: 'info', text: 'said long ago' }] },
            'runs/d1/report': report_of([make_round(1), make_round(2, { test_accuracy: 0.91 })]),
            'runs/d1/evaluation': two_classes(2),
            'runs/d1/lanes': [{ round: 1, states: [[1_750_000_001, 'ward-3', 'training'], [1_750_000_003, 'ward-3', 'ready']] }],
            'runs/d1/rounds/2/clients': [
                { client: 0, worker: 'ward-3', samples: 250, loss: 0.7, accuracy: 0.61, seconds: 2, reason: null, detail: null },
            ],
            'runs/d1/rounds/2/tests': [],
            'runs/d1/labels': ({ method }) => {
                assert.equal(method, 'POST');
                said_of_d1 = { name: 'larger rate', note: 'try again', tags: ['paper', 'rate'], pinned: false };
                return { body: said_of_d1 };
            },
        },
    },
    async ({ by, go, page, has_points }) => {
        const of_run = (run) => page.locator(`[data-testid="run-row"][data-run="${run}"]`);
        await of_run('d1').getByTestId('open-run').click();
        await page.waitForSelector('[data-testid="past-bar"][data-run="d1"][data-state="shown"]');
        await has_points('chart-loss', 2);
        await by('test-accuracy').filter({ hasText: '91.0 %' }).waitFor();
        await by('facts').filter({ hasText: 'seed 7' }).waitFor();
        await by('confusion').waitFor();
        assert.equal(await by('train-button').count(), 0, 'what is over cannot be steered');
        assert.equal(await by('tab-network').count(), 0);
        await assert_accessible(page, 'a past run');
        // What is said of it goes to the table of runs.
        await by('labels-edit').click();
        await by('labels-name').fill('larger rate');
        await by('labels-tags').fill('paper, rate');
        await by('labels-note').fill('try again');
        await assert_accessible(page, 'labels');
        await by('labels-keep').click();
        await by('labels').filter({ hasText: /larger rate.*paper.*try again/s }).waitFor();
        await by('tab-log').click();
        await by('log').locator('li', { hasText: 'said long ago' }).waitFor();
        await by('tab-workers').click();
        await page.waitForSelector('[data-testid="stream"][data-lanes="1"]');
        await page.waitForSelector('[data-testid="worker-row"]:has-text("ward-3")');
        await by('tab-history').click();
        await of_run('d1').filter({ hasText: /larger rate.*paper/s }).waitFor();
        await by('filter').fill('paper');
        await page.waitForSelector('[data-testid="shown"]:text("1 of 3")');
        for (const width of [1280, 800, 400]) {
            await page.setViewportSize({ width, height: 800 });
            await assert_fits(page, `a past run at ${width}`);
        }
        await by('past-close').click();
        await by('phase').waitFor();
        assert.equal(await page.locator('h1').innerText(), 'now');
        // The table is as it was left, whichever way leads back to it.
        await by('tab-history').click();
        assert.equal(await by('filter').inputValue(), 'paper');
        await of_run('d1').getByTestId('open-run').click();
        await page.getByRole('button', { name: 'Compare', exact: true }).click();
        await page.waitForSelector('[data-testid="past-bar"][data-run="d1"]');
        assert.equal(await by('filter').inputValue(), 'paper');
        assert.equal(await of_run('d1').getByRole('checkbox').isChecked(), true);
        await page.waitForSelector('[data-testid="past-bar"][data-run="d1"]');
        await go('run', '?of=eeee');
        await by('past-bar').filter({ hasText: 'nothing there' }).waitFor();
    },
);

step(
    'shows the runs of a folder where none goes on',
    {
        snapshot: make_snapshot({ status: { run: '', plan: 'fedasio-sweep', state_dir: true } }),
        objects: {
            runs: [
                kept_run('e1', { rounds: 0, weights_sha256: 'abcd', labels: { name: '', note: '', tags: [], pinned: false } }),
                kept_run('e2', { rounds: 0, weights_sha256: 'abcd', labels: { name: 'kept', note: '', tags: [], pinned: true } }),
            ],
        },
    },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="run-row"]');
        assert.equal(await by('run-row').first().getAttribute('data-run'), 'e2', 'what is pinned is first');
        assert.equal(await by('phase').count(), 0);
        assert.equal(await page.locator('h1').innerText(), 'fedasio-sweep');
        assert.equal(await page.locator('nav a').count(), 1);
        await assert_accessible(page, 'a folder');
        assert.equal(await page.locator('.alike').count(), 0, 'what nobody trained is alike by the seed alone');
        await by('filter').fill('kept');
        await page.waitForSelector('[data-testid="shown"]:text("1 of 2 runs")');
        await by('open-run').click();
        await by('past-close').click();
        await page.waitForSelector('[data-testid="shown"]:text("1 of 2 runs")');
    },
);

step(
    'has the matrix and the lanes of a run that an earlier process of the master began',
    {
        snapshot: make_snapshot({
            status: { ...training, run: 'c1', state_dir: true, started: 1_750_000_050, now: 1_750_000_060 },
            workers: [make_worker(4, { name: 'ward-3' })],
            rounds: [make_round(1), make_round(2)],
        }),
        objects: {
            'runs/c1/evaluation': two_classes(2),
            'runs/c1/lanes': [
                { round: 1, states: [[1_750_000_001, 'ward-3', 'training'], [1_750_000_002, 'ward-3', 'ready'], [1_750_000_001, 'ward-9', 'training']] },
                { round: 2, states: [[1_750_000_003, 'ward-3', 'training'], [1_750_000_004, 'ward-3', 'ready']] },
            ],
        },
    },
    async ({ by, go, page }) => {
        await by('confusion').waitFor();
        assert.match(await by('confusion').getAttribute('aria-label'), /in round 2/);
        await go('workers', '?window=120');
        // One row a name: the worker of before and the one that came back are the same.
        await page.waitForSelector('[data-testid="stream"][data-lanes="1"]');
        await page.waitForSelector('path[fill="url(#do-training)"][d^="M"]', { state: 'attached' });
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
