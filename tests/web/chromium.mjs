// A real Chromium with the page in it, and what the tests of the page have in common.
//   CHROMIUM              default /usr/bin/chromium-headless-shell where that is installed, the same engine without
//                         windows, which computes half as much; else /usr/bin/chromium
//   FEDASIO_NODE_MODULES  where playwright-core and axe-core are, default web/node_modules
//   FEDASIO_SCREENSHOTS   folder for pictures; none are taken without it
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const node_modules =
    process.env.FEDASIO_NODE_MODULES ?? path.join(here, '..', '..', 'web', 'node_modules');
const from_modules = createRequire(path.join(node_modules, 'require.js'));
const { chromium } = from_modules('playwright-core');
const screenshots = process.env.FEDASIO_SCREENSHOTS;
const shell = '/usr/bin/chromium-headless-shell';
const installed = existsSync(shell) ? shell : '/usr/bin/chromium';

export const sizes = [
    [1280, 800],
    [400, 800],
];
export const schemes = ['light', 'dark'];

export async function start_browser(more = []) {
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? installed,
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            ...more,
        ],
    });
    return browser;
}

/** A page that keeps what it should not have said or asked. */
export async function open_page(browser, base) {
    const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: 'light',
        acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const errors = [];
    const foreign = [];
    const origin = new URL(base).host;
    const check = (url) => {
        const { host, protocol } = new URL(url);
        if (host !== origin && protocol !== 'blob:' && protocol !== 'data:') {
            foreign.push(url);
        }
    };
    page.on('request', (request) => check(request.url()));
    page.on('websocket', (socket) => check(socket.url()));
    page.on('console', (message) => {
        // The browser itself reports every answer of 4xx; refusals are what some steps ask for.
        if (message.type() === 'error' && !/status of (400|403|409)/.test(message.text())) {
            errors.push(`${message.text()} ${message.location().url}`);
        }
    });
    page.on('pageerror', (error) => errors.push(error.stack ?? String(error)));
    // Not by a script element, which the page's policy forbids.
    await page.addInitScript({ content: await readFile(from_modules.resolve('axe-core'), 'utf8') });
    return { page, errors, foreign };
}

/** What is said to a test about a page. The page's policy forbids waitForFunction, so all waiting is for elements. */
export function make_helpers(page) {
    const by = (id) => page.getByTestId(id);
    const go = async (view, params = '') => {
        await page.evaluate((hash) => {
            location.hash = hash;
        }, `#/${view}${params}`);
        await by(`view-${view}`).waitFor();
    };
    const live = () => page.waitForSelector('[data-testid="connection"][data-state="live"]');
    const in_phase = (...phases) =>
        page.waitForSelector(phases.map((name) => `[data-testid="phase"][data-phase="${name}"]`).join(', '));
    const points = async (chart) => Number(await by(chart).getAttribute('data-points'));
    const has_points = async (chart, least) => {
        // There is no selector for "at least", so every change is waited for.
        for (;;) {
            const now = await points(chart);
            if (now >= least) {
                return now;
            }
            await page.waitForSelector(`[data-testid="${chart}"]:not([data-points="${now}"])`);
        }
    };
    /** Does what leads to a command and waits for the answer to that one. */
    const answer_to = async (action, outcome, text = /./) => {
        // At once: an answer goes away by itself.
        const before = await page.evaluate(() => document.querySelector('[data-testid="answer"]')?.dataset.number ?? '0');
        await action();
        const answer = await page.waitForSelector(`[data-testid="answer"]:not([data-number="${before}"])`);
        const told = await answer.evaluate((one) => ({ text: one.innerText, outcome: one.dataset.outcome }));
        assert.match(told.text, text);
        assert.equal(told.outcome, outcome);
    };
    const is_held_back = async (id) => (await by(id).getAttribute('aria-disabled')) === 'true';
    return { by, go, live, in_phase, points, has_points, answer_to, is_held_back };
}

export async function assert_fits(page, name) {
    // The page has a moment to follow its window.
    await page.waitForFunction(() => document.scrollingElement.scrollWidth <= innerWidth, null, { timeout: 5000 }).catch(() => {});
    const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${name} is ${content} wide in a window of ${window}`);
}

/** Nothing that axe calls serious or critical. */
export async function assert_accessible(page, name) {
    const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run({ resultTypes: ['violations'] });
        return violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
    });
    assert.deepEqual(found, [], name);
}

/** Looks at what is shown in every size and theme. */
export async function look(page, name) {
    for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        for (const scheme of schemes) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.waitForSelector(`html[data-theme="${scheme}"]`);
            const where = `${name} at ${width}, ${scheme}`;
            await assert_fits(page, where);
            await assert_accessible(page, where);
            if (screenshots) {
                await mkdir(screenshots, { recursive: true });
                const file = path.join(screenshots, `${name}-${width}-${scheme}.png`);
                await page.screenshot({ path: file, fullPage: true });
            }
        }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForSelector('html[data-theme="light"]');
}
