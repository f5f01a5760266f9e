// Runs of the past in a real Chromium: of a folder that `fedasio view` shows, and beside a run that goes on.
//   FEDASIO_MASTER        path of fedasio-master, with fedasio beside it; without it nothing is tested
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { look, make_helpers, open_page, start_browser } from './chromium.mjs';
import { start_master } from './master.mjs';

const skip = process.env.FEDASIO_MASTER ? false : 'FEDASIO_MASTER is not set';
const step = (name, body) => test(name, { skip, timeout: 180_000 }, body);

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});

after(() => browser?.close());

/** Rents by size and age, of which a model learns most. */
function rents(folder) {
    const lines = ['size,age,rent'];
    for (let at = 0; at < 600; at += 1) {
        const [size, age, noise] = [20 + ((at * 37) % 100), (at * 11) % 60, ((at * 53) % 17) - 8];
        lines.push(`${size},${age},${200 + 9 * size - 3 * age + 8 * noise}`);
    }
    const file = path.join(folder, 'rents.csv');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return {
        name: 'rents',
        rounds: 4,
        clients: 4,
        model: {
            loss: 'mean_squared_error',
            layers: [
                { type: 'dense', units: 8, activation: 'relu' },
                { type: 'dense', units: 1 },
            ],
        },
        data: {
            source: { type: 'csv', label: 'rent', train: file },
            partition: { scheme: 'iid' },
            test_fraction: 0.25,
        },
        local: { epochs: 4, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.05 } },
    };
}

/** Shows the runs of a folder. */
async function start_view(folder) {
    const program = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio');
    const view = spawn(program, ['view', '--dashboard', '127.0.0.1:0', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(view, 'exit');
    const end = async () => {
        view.kill('SIGTERM');
        await ended;
    };
    for await (const line of createInterface({ input: view.stdout })) {
        const [, url] = /^dashboard (\S+)$/.exec(line) ?? [];
        if (url !== undefined) {
            view.stdout.resume();
            return { url, end };
        }
    }
    await end();
    throw new Error('the view ended without saying where it is');
}

/** What a reader sees of the test of values: the sentence, the numbers of the bars and the cells. */
async function seen_values(by) {
    await by('values').waitFor();
    return {
        said: await by('values-said').innerText(),
        residuals: await by('residuals').locator('li').allInnerTexts(),
        cells: await by('values').locator('rect').count(),
    };
}

async function with_page(url, hash, body) {
    const { page, errors, foreign } = await open_page(browser, url);
    await page.goto(url + hash);
    await body({ page, ...make_helpers(page) });
    assert.deepEqual([errors, foreign], [[], []]);
    await page.context().close();
}

step('a regression of the past is shown as it was when it was the present', async () => {
    const master = await start_master({ plan: rents, workers: 2, options: ['--autostart'] });
    let first;
    let shown;
    try {
        await with_page(master.url, '', async ({ page, by, in_phase, has_points }) => {
            await in_phase('finished');
            await has_points('chart-loss', 4);
            await page.getByText(/round 4, \d+ test samples/).waitFor();
            shown = await seen_values(by);
            assert.match(shown.said, /^At least half of the predictions are within [\d,.]+ of the truth/);
            assert.ok(shown.residuals.length > 1 && shown.cells > 4, JSON.stringify(shown));
            const shares = shown.residuals.map((text) => Number(/([\d.]+) %/.exec(text)[1]));
            assert.ok(Math.abs(shares.reduce((sum, one) => sum + one, 0) - 100) < 2, shares.join(' '));
        });
        first = (await (await fetch(`${master.url}api/v1/status`)).json()).run;

        // Another run in its place: nothing of it may be in what is shown of the first.
        const plan = await (await fetch(`${master.url}api/v1/plan`)).json();
        const start = { command: 'start', plan: JSON.stringify({ ...plan, seed: 2, rounds: 100000 }) };
        const answer = await fetch(`${master.url}api/v1/commands`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(start),
        });
        assert.equal(answer.status, 200, await answer.text());
        await with_page(master.url, '#/history', async ({ page, by, go }) => {
            const row = page.locator('tr', { has: page.locator(`[href*="${first}"]`) });
            await row.getByTestId('open-run').click();
            await page.waitForSelector('[data-testid="past-bar"][data-state="shown"]');
            assert.deepEqual(await seen_values(by), shown);
            await page.getByText(/round 4, \d+ test samples/).waitFor();
            await by('health').filter({ hasText: 'Done after 4 rounds, test error' }).waitFor();
            await by('fairness').waitFor();
            await go('workers', `?of=${first}`);
            await by('stream').waitFor();
            await page.waitForSelector('[data-testid="stream"][data-lanes="2"]');
            await by('costs').filter({ hasText: 'The usual round has all answers after' }).waitFor();
            await go('run', `?of=${first}`);
            await by('past-close').click();
            await page.waitForSelector('[data-testid="past-bar"]', { state: 'detached' });
            await by('train-button').waitFor();
        });
    } catch (error) {
        await master.end();
        throw error;
    }
    await master.stop();
    const view = await start_view(path.join(master.folder, 'state'));
    try {
        await with_page(view.url, `#/run?of=${first}`, async ({ page, by }) => {
            await page.waitForSelector('[data-testid="past-bar"][data-state="shown"]');
            assert.deepEqual(await seen_values(by), shown);
            await by('fairness').waitFor();
            await look(page, 'past-regression');
        });
    } finally {
        await view.end();
        await master.end();
    }
});
