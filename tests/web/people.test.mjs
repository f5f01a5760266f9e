// Who trains and how they fare, worker by worker and client by client: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, make_round, make_snapshot, make_worker, training } from './scripted.mjs';

const step = in_browser();

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
        assert.equal(await page.locator('.stream-axis text').first().textContent(), 'round', 'its numbers have a name');
        await page.keyboard.down('Control');
        await page.mouse.wheel(0, -100);
        await page.keyboard.up('Control');
        await page.waitForURL(/window=48/);
        await by('stream-hold').click();
        assert.doesNotMatch(await page.evaluate(() => location.hash), /until/);
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
        assert.equal(await page.locator('.stream-name, .stream-axis-name').count(), 0);
        const [whole, shown] = await by('stream').evaluate((box) => [box.scrollHeight, box.clientHeight]);
        assert.ok(whole <= shown + 1, `${whole} in ${shown}`);
        const { x, y, width } = await by('stream').boundingBox();
        await page.mouse.move(x + width - 20, y + 2);
        await by('stream-tip').filter({ hasText: /worker-1: training/ }).waitFor();
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
