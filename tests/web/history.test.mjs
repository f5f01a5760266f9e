// What the page says of runs that are over, of sweeps, and of saved models: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, kept_run, make_round, make_snapshot, make_worker, report_of, run_of, told_by_trainers, training } from './scripted.mjs';

const step = in_browser();

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
            ['Plan', 'Best', 'learning_rate', 'seed', 'Rounds'],
            'a result that some have is beside the name, and the seed behind what was varied',
        );
        assert.equal(await by('runs').getByRole('button', { name: 'Rounds', exact: true }).count(), 1);
        // The present run, the one before and the best are compared without being chosen, under the values that tell them apart.
        await has_points('chart-runs', 2);
        assert.match(await by('chart-runs').locator('.legend').innerText(), /learning_rate=0\.1 seed=1 a1.*learning_rate=0\.01 seed=2 a4/s);
        const chosen = await by('run-row').locator('input:checked').count();
        assert.equal(chosen, 3);
        assert.equal(await page.locator('.alike').count(), 2);
        // Where only what differs is shown nothing has to be told apart by colour.
        await by('plan-diff').locator('.differs').first().waitFor();
        const backgrounds = () => by('plan-diff').locator('tr td:nth-child(2)').evaluateAll((all) => new Set(all.map((one) => getComputedStyle(one).backgroundColor)).size);
        assert.equal(await backgrounds(), 1);
        await by('all-keys').check();
        await by('plan-diff').locator('tr:not(.differs)').nth(1).waitFor();
        assert.equal(await backgrounds(), 2);
        await by('all-keys').uncheck();
        // On a telephone what is done with the runs stands in one row.
        await page.setViewportSize({ width: 400, height: 800 });
        const tops = await page.locator('#runs-title + .tools > *').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
        assert.equal(tops.length, 3);
        assert.equal(new Set(tops).size, 1);
        await page.setViewportSize({ width: 1280, height: 800 });
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

const own_runs = [[0.1, 1, 0.75], [0.1, 2, 0.5], [0.01, 1, 0.625], [0.01, 2, 0.875]].map(([rate, seed, auc], place) =>
    run_of(`d${place}`, {
        seed,
        best_test_accuracy: 0.5 + place / 100,
        plan_json: { seed, clients: 12, local: { learning_rate: rate }, metrics: { auc: 'higher' } },
        own_metrics: {
            last: { test_metrics: { auc, Focal_loss: place, seed: 7 } },
            least: { test_metrics: { auc: 0, Focal_loss: 0, seed: 7 } },
            most: { test_metrics: { auc: auc + 0.0625, Focal_loss: 9, seed: 7 } },
        },
    }),
);

step(
    'has a column and an axis for what trainers tell, finds by what all plans share, and saves the table',
    {
        snapshot: make_snapshot({ status: { run: '', plan: 'own', state_dir: true } }),
        hash: '#/history?runs=none',
        objects: { runs: own_runs },
    },
    async ({ by, page }) => {
        const heads = () => by('runs').locator('thead th').evaluateAll((all) => all.map((one) => one.innerText.replace(/\s*[↑↓]/, '')).slice(1, -1));
        await by('runs').waitFor();
        // What has the name of a key is told from it.
        assert.deepEqual((await heads()).slice(0, 8), ['Plan', 'Best', 'best auc', 'auc', 'Focal_loss', 'test_metrics.seed', 'learning_rate', 'seed']);
        // More is better, as the plans say; of what nobody says that of, nothing stands out.
        const sort_by = (name) => by('runs').getByRole('button', { name, exact: true }).click();
        const order = () => by('run-row').evaluateAll((rows) => rows.map((row) => row.dataset.run).join(' '));
        await sort_by('best auc');
        await by('runs').locator('th[aria-sort="descending"]', { hasText: 'best auc' }).waitFor();
        assert.equal(await order(), 'd3 d0 d2 d1');
        assert.deepEqual(await by('runs').locator('td b').allInnerTexts(), ['53.0 %', '0.9375', '0.8750']);
        // As an axis of both drawings.
        await by('sweep-measure').selectOption('auc');
        await by('sweep').locator('[data-run="d3"]').hover();
        await page.locator('.sweep figcaption').filter({ hasText: /d3: .*, 0\.8750$/ }).waitFor();
        await by('parallel').locator('.axis-title').filter({ hasText: /^auc$/ }).waitFor();
        await by('sweep-measure').selectOption('Focal_loss');
        await by('parallel').locator('.axis-title').filter({ hasText: /^Focal_loss$/ }).waitFor();
        // By a key in which no plans differ.
        await by('filter').fill('clients=11');
        await page.waitForSelector('[data-testid="shown"]:text("0 of 4 runs")');
        await by('filter').fill('clients=12 auc>0.5');
        await page.waitForSelector('[data-testid="shown"]:text("3 of 4 runs")');
        await by('filter').fill('clients=12');
        await page.waitForSelector('[data-testid="shown"]:text-is("4 runs")');
        await by('group-seeds').check();
        await page.waitForSelector('[data-testid="shown"]:text("4 runs in 2 groups")');
        assert.match(await by('run-row').first().innerText(), /0\.7500 ± 0\.1768/);
        const saved = async (id) => {
            const [download] = await Promise.all([page.waitForEvent('download'), by(id).click()]);
            return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
        };
        const [name, csv] = await saved('runs-save-csv');
        assert.equal(name, 'runs.csv');
        const [head, first] = csv.split('\r\n').map((line) => line.split(','));
        assert.deepEqual(head.slice(0, 8), ['Run', 'Plan', 'Best', 'Best ±', 'best auc', 'best auc ±', 'auc', 'auc ±']);
        assert.deepEqual([first[0], first[6], Number(first[7]).toFixed(4)], ['d2 d3', '0.75', '0.1768']);
        assert.match((await saved('runs-save-md'))[1], /^\| Run \| Plan \| Best \|.*\n\| --- \|.*\n\| d2 d3 \|/);
        await assert_accessible(page, 'history of own metrics');
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
