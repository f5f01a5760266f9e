// Takes the pictures of the README from a dashboard: node dev/pictures.mjs URL PLAN FOLDER. Starts two runs of the
// plan with other learning rates before the one that is shown, so that there is something to compare.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [base, plan_file, folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const plan = await readFile(plan_file, 'utf8');
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });

async function command(body) {
    const response = await fetch(new URL('api/v1/commands', base), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!answer.accepted) {
        throw new Error(`${body.command}: ${answer.reason}`);
    }
}

const with_rate = (rate) => plan.replace(/"learning_rate": [\d.]+/, `"learning_rate": ${rate}`);
const finished = () => page.waitForSelector('[data-testid="phase"][data-phase="finished"]', { timeout: 900_000 });
const busy = () => page.waitForSelector('[data-testid="phase"]:not([data-phase="finished"])');
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

async function picture(name, hash, { scheme = 'light', width = 1280, height = 800, wait = 1.5 } = {}) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate((next) => {
        location.hash = next;
    }, hash);
    await pause(wait);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

await page.goto(base);
await page.waitForSelector('[data-testid="connection"][data-state="live"]');
await command({ command: 'train' });
await busy();
await finished();
for (const rate of [0.02, 0.1]) {
    await command({ command: 'start', plan: with_rate(rate) });
    await busy();
    await page.waitForSelector('[data-testid="chart-loss"]:not([data-points="0"])');
    if (rate === 0.02) {
        await finished();
    }
}

/** In one of these rounds: a busy machine shows not each of them. */
async function between(first, last) {
    for (;;) {
        const round = Number(await page.getAttribute('[data-testid="round"]', 'data-round'));
        if (round >= first && round <= last) {
            return;
        }
        await pause(0.1);
    }
}

await between(12, 24);
await picture('workers', '#/workers?window=15', { scheme: 'dark', wait: 4 });
await picture('clients', '#/workers?table=clients&window=15', { width: 1440, height: 1080 });
await finished();
await picture('run', '#/run', { height: 1400, wait: 3 });
const runs = await (await fetch(new URL('api/v1/runs', base))).json();
await picture('history', `#/history?runs=${runs.map((run) => run.run).join(',')}`, { height: 1100, wait: 3 });
await page.evaluate(() => {
    location.hash = '#/plan';
});
await page.getByTestId('plan-text').waitFor();
await page.waitForSelector('[data-testid="plan-verdict"][data-ok="true"]');
const text = await page.getByTestId('plan-text').inputValue();
await page.getByTestId('plan-text').fill(text.replace('"epochs"', '"epoch"'));
await page.waitForSelector('[data-testid="plan-verdict"][data-ok="false"]');
await page.getByTestId('plan-error-place').click();
await picture('plan', '#/plan', { scheme: 'dark' });
await browser.close();
