// What the page knows of a model's arrays: on a scripted server, in a real Chromium.
import assert from 'node:assert/strict';
import { assert_accessible } from './chromium.mjs';
import { in_browser, kept_run, make_round, make_snapshot, report_of, training } from './scripted.mjs';

const step = in_browser();

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
