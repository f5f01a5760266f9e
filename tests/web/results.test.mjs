// What a training came to, as curves, matrices and pictures, and what of it can be saved: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, make_round, make_snapshot, told_by_trainers, training } from './scripted.mjs';

const step = in_browser();

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
