// Nothing of the page moves under a reader's eyes: while the past is read, workers come and go, and the connection is lost
// and found again. Layout shifts as Chromium counts them, on a real master that trains.
//   FEDASIO_MASTER        path of fedasio-master; without it nothing is tested
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { make_helpers, open_page, start_browser } from './chromium.mjs';
import { start_master, start_wire } from './master.mjs';

const skip = process.env.FEDASIO_MASTER ? false : 'FEDASIO_MASTER is not set';
const limit = 0.02;
const widths = [400, 800, 1280, 1440];

let master;
let browser;

before(async () => {
    if (skip) {
        return;
    }
    // Rounds of some length, as those of people are.
    const plan = { rounds: 100_000, local: { epochs: 60, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.01 } } };
    master = await start_master({ workers: 4, plan, options: ['--autostart'] });
    browser = await start_browser();
});

after(async () => {
    await browser?.close();
    await master?.end();
});

/** Counts all shifts of a page from its beginning on. */
function count_shifts() {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) {
            globalThis.shifted += hadRecentInput ? 0 : value;
        }
    }).observe({ type: 'layout-shift', buffered: true });
}

/** How much has moved since this was asked last, or the page was opened. */
function moved(page) {
    return page.evaluate(async () => {
        // What has been drawn until now is told behind the frame after it.
        for (let frame = 0; frame < 3; frame += 1) {
            await new Promise(requestAnimationFrame);
            await new Promise((done) => setTimeout(done));
        }
        const value = globalThis.shifted;
        globalThis.shifted = 0;
        return value;
    });
}

/** Until the page has drawn more rounds, and so all that the master told before them. */
async function draws_on({ page, by }) {
    for (let turn = 0; turn < 2; turn += 1) {
        const last = await by('round').getAttribute('data-round');
        await page.waitForSelector(`[data-testid="round"]:not([data-round="${last}"])`);
    }
}

const tabs = {
    run: ['#/run', async ({ by, has_points }) => {
        await has_points('chart-loss', 3);
        await by('people').filter({ hasText: /costs|holds/ }).waitFor();
    }],
    workers: ['#/workers', async ({ by }) => by('costs').filter({ hasText: 'The usual round' }).waitFor()],
    clients: ['#/workers?table=clients', async ({ by }) => by('costs').filter({ hasText: 'The usual round' }).waitFor()],
    history: ['#/history', async ({ has_points }) => has_points('chart-runs', 1)],
    network: ['#/network', async ({ has_points }) => has_points('chart-rate', 2)],
};

for (const [tab, [hash, is_read]] of Object.entries(tabs)) {
    test(`the ${tab} tab stays where it is`, { skip, timeout: 240_000 }, async () => {
        const wire = await start_wire(master.url);
        const all = await Promise.all(
            widths.map(async (width) => {
                const { page } = await open_page(browser, wire.url);
                await page.setViewportSize({ width, height: 900 });
                await page.addInitScript(count_shifts);
                await page.goto(wire.url + hash);
                const helpers = make_helpers(page);
                await helpers.live();
                await is_read(helpers);
                return { page, width, ...helpers };
            }),
        );
        const assert_still = (when) =>
            Promise.all(
                all.map(async ({ page, width }) => {
                    const value = await moved(page);
                    assert.ok(value < limit, `the layout shifts by ${value} at ${width} ${when}`);
                }),
            );
        const everywhere = (action) => Promise.all(all.map(action));
        try {
            await assert_still('while the past is read');
            const name = `late-${tab}`;
            const is_there = async () => {
                const workers = await (await fetch(`${master.url}api/v1/workers`)).json();
                return workers.some((one) => one.name === name && one.state !== 'gone');
            };
            const worker = master.join(name);
            while (!(await is_there()));
            await everywhere(draws_on);
            await assert_still('when a worker joins');
            await worker.end();
            while (await is_there());
            await everywhere(draws_on);
            await assert_still('when it leaves');
            wire.cut();
            await everywhere(({ by }) => by('banner').waitFor());
            await assert_still('when the connection is lost');
            wire.mend();
            await everywhere(({ live }) => live());
            await everywhere(({ by }) => by('banner').waitFor({ state: 'detached' }));
            await assert_still('when it is found again');
        } finally {
            await everywhere(({ page }) => page.context().close());
            wire.end();
        }
    });
}
