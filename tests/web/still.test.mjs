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

/** Of rounds of some length, as those of people are. */
const plan = { rounds: 100_000, local: { epochs: 60, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.01 } } };

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});

after(() => browser?.close());

/** Counts all shifts of a page from its beginning on. */
function count_shifts() {
    globalThis.shifts = [];
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
            if (!hadRecentInput) {
                const from = sources.slice(0, 2).map((one) => `${one.node?.nodeName}.${one.node?.className} ${place(one.previousRect)} to ${place(one.currentRect)}`);
                globalThis.shifts.push({ value, from });
            }
        }
    }).observe({ type: 'layout-shift', buffered: true });
}

/** What has moved since this was asked last, or the page was opened, and by how much in all. */
function moved(page) {
    return page.evaluate(async () => {
        // What has been drawn until now is told behind the frame after it.
        for (let frame = 0; frame < 3; frame += 1) {
            await new Promise(requestAnimationFrame);
            await new Promise((done) => setTimeout(done));
        }
        const shifts = globalThis.shifts;
        globalThis.shifts = [];
        const most = shifts.toSorted((a, b) => b.value - a.value).slice(0, 3);
        return { sum: shifts.reduce((sum, { value }) => sum + value, 0), most: most.flatMap(({ from }) => from).join(', ') };
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
        const master = await start_master({ workers: 4, plan, options: ['--autostart'] });
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
                    const { sum, most } = await moved(page);
                    assert.ok(sum < limit, `the layout shifts by ${sum} at ${width} ${when}: ${most}`);
                }),
            );
        const everywhere = (action) => Promise.all(all.map(action));
        let worker;
        try {
            await assert_still('while the past is read');
            const name = `late-${tab}`;
            const is_there = async () => {
                const workers = await (await fetch(`${master.url}api/v1/workers`)).json();
                return workers.some((one) => one.name === name && one.state !== 'gone');
            };
            worker = master.join(name);
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
            await worker?.end();
            await everywhere(({ page }) => page.context().close());
            wire.end();
            await master.end();
        }
    });
}
