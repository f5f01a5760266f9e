// The page in a real Chromium, behind a real nginx with the configuration of docs/proxy.md: below a path, by HTTPS.
//   FEDASIO_MASTER        path of fedasio-master; without it nothing is tested
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { make_helpers, open_page, start_browser } from './chromium.mjs';
import { start_master } from './master.mjs';

const skip = process.env.FEDASIO_MASTER ? false : 'FEDASIO_MASTER is not set';
const documentation = new URL('../../docs/proxy.md', import.meta.url);

async function free_port() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

async function listens(port) {
    for (;;) {
        const socket = net.connect(port, '127.0.0.1');
        const [kind] = await Promise.race([
            once(socket, 'connect').then(() => ['connect']),
            once(socket, 'error').then(() => ['error']),
        ]).catch(() => ['error']);
        socket.destroy();
        if (kind === 'connect') {
            return;
        }
    }
}

/** With the documented configuration after `change`. Gives what ends it. */
async function start_nginx(folder, port, dashboard, change = (text) => text) {
    const [, block] = /```nginx\n([^]*?)```/.exec(await readFile(documentation, 'utf8'));
    const server = change(block)
        .replace('127.0.0.1:8080', new URL(dashboard).host)
        .replaceAll('/etc/ssl/fl.example.org', path.join(folder, 'pki/kits/localhost'))
        .replaceAll('fl.example.org', 'localhost')
        .replace('listen 443', `listen 127.0.0.1:${port}`);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
    const paths = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
    const file = path.join(folder, 'nginx.conf');
    await writeFile(
        file,
        `${process.getuid() === 0 ? 'user root;\n' : ''}daemon off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${server}}\n`,
    );
    const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = once(nginx, 'exit');
    await listens(port);
    return async () => {
        nginx.kill('SIGTERM');
        await ended;
    };
}

/** A master with tokens, behind a proxy at `base`; `proxy` starts another one in its place. */
async function behind_nginx(options, body) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fedasio-proxy-'));
    const fedasio = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio');
    for (const words of [['init', 'pki'], ['issue', 'pki', 'master', 'localhost']]) {
        execFileSync(fedasio, ['pki', ...words], { cwd: folder });
    }
    const port = await free_port();
    const base = `https://localhost:${port}/training`;
    const master = await start_master({
        workers: 1,
        with_tokens: true,
        ...options,
        options: ['--dashboard-origin', base, ...(options.options ?? [])],
    });
    let end_nginx = await start_nginx(folder, port, master.url, options.change);
    const browser = await start_browser(['--ignore-certificate-errors']);
    const proxy = {
        end: async () => {
            await end_nginx?.();
            end_nginx = null;
        },
        start: async (change) => {
            end_nginx = await start_nginx(folder, port, master.url, change);
        },
    };
    try {
        await body({ base, master, browser, proxy });
    } finally {
        await browser.close();
        await proxy.end();
        await master.end();
        await rm(folder, { recursive: true, force: true });
    }
}

const token_of = (url) => new URL(url).searchParams.get('token');
const without_upgrade = (text) => text.replace(/^.*proxy_set_header (Upgrade|Connection) .*$/gm, '');

/** A grey picture of noise, which does not get smaller. */
function large_png(side) {
    const crc_of = (bytes) => {
        let crc = ~0;
        for (const byte of bytes) {
            crc ^= byte;
            for (let bit = 0; bit < 8; bit += 1) {
                crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
            }
        }
        return ~crc >>> 0;
    };
    const chunk = (name, content) => {
        const named = Buffer.concat([Buffer.from(name, 'latin1'), content]);
        const ends = Buffer.alloc(8);
        ends.writeUInt32BE(content.length, 0);
        ends.writeUInt32BE(crc_of(named), 4);
        return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(side, 0);
    header.writeUInt32BE(side, 4);
    header[8] = 8;
    const rows = Buffer.alloc(side * (side + 1));
    let state = 1;
    for (let at = 0; at < rows.length; at += 1) {
        state = (state * 48271) % 2147483647;
        rows[at] = at % (side + 1) === 0 ? 0 : state & 255;
    }
    const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 0 })), chunk('IEND', Buffer.alloc(0))];
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

test('everything works below a path of an HTTPS proxy', { skip, timeout: 120_000 }, () =>
    behind_nginx({}, async ({ base, master, browser }) => {
        assert.ok(master.operator.startsWith(`${base}/?token=`), master.operator);
        const { page, errors, foreign } = await open_page(browser, base);
        const { by, go, live, in_phase, answer_to } = make_helpers(page);
        await page.goto(`${base}/`);
        await by('view-run').or(page.locator('input[name="token"]')).waitFor();
        await page.locator('input[name="token"]').fill(token_of(master.operator));
        const script = page.waitForResponse((response) => response.url().endsWith('app.js'));
        await page.locator('button').click();
        await live();
        assert.equal((await script).headers()['content-encoding'], 'gzip');
        assert.equal(new URL(page.url()).pathname, '/training/');
        await by('train-button').click();
        await by('rounds-input').fill('2');
        await answer_to(() => by('dialog-submit').click(), 'accepted');
        await in_phase('finished');
        await go('history');
        const download = page.waitForEvent('download');
        await by('download-model').click();
        assert.equal(await (await download).failure(), null);
        const cookies = await page.context().cookies();
        assert.deepEqual(
            cookies.map(({ path: where, secure, httpOnly }) => ({ where, secure, httpOnly })),
            [{ where: '/training/', secure: true, httpOnly: true }],
        );

        // As large as most photographs, and over what nginx lets through by itself.
        const buffer = large_png(2400);
        assert.ok(buffer.length > 5e6 && buffer.length < 8e6, String(buffer.length));
        await go('run');
        await by('try-button').click();
        const asked = page.waitForResponse((response) => response.url().endsWith('/predict'));
        await by('try-file').setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer });
        assert.equal((await asked).status(), 200);
        await by('try-prediction').waitFor();

        await by('keys-button').click();
        await by('link-make').click();
        const link = await by('link-address').inputValue();
        assert.ok(link.startsWith(`${base}/?link=`), link);
        const other = await open_page(browser, base);
        await other.page.goto(link);
        const guest = make_helpers(other.page);
        await guest.live();
        await guest.by('role').filter({ hasText: 'viewer' }).waitFor();
        assert.equal(other.page.url().replace(/#.*/, ''), `${base}/`, 'the link is not left in the address');
        const third = await open_page(browser, base);
        await third.page.goto(`${link.slice(0, -8)}AAAAAAAA`);
        await third.page.getByText('This link is over').waitFor();

        assert.deepEqual([foreign, other.foreign, other.errors], [[], [], []]);
        // The login page is answered 401, which the browser reports by itself.
        assert.deepEqual(errors.filter((text) => !text.includes('401')), []);
    }),
);

test('a proxy that lets no stream through is said to, and its restart ends nothing', { skip, timeout: 180_000 }, () =>
    behind_nginx({ change: without_upgrade }, async ({ base, master, browser, proxy }) => {
        const { page, errors, foreign } = await open_page(browser, base);
        const { by, live, points, has_points, answer_to } = make_helpers(page);
        await page.goto(`${base}/?token=${token_of(master.operator)}`);
        await page.waitForSelector('[data-testid="connection"][data-state="polling"]');
        await by('banner').filter({ hasText: 'its live stream does not come through' }).waitFor();
        await by('train-button').click();
        await by('rounds-input').fill('100000');
        await answer_to(() => by('dialog-submit').click(), 'accepted');
        await has_points('chart-loss', 3);

        // The operator mends the configuration, while the run goes on.
        await proxy.end();
        await page.waitForSelector('[data-testid="connection"][data-state="reconnecting"], [data-testid="connection"][data-state="lost"]');
        await proxy.start();
        await live();
        await by('banner').waitFor({ state: 'detached' });
        await has_points('chart-loss', (await points('chart-loss')) + 3);

        await proxy.end();
        await by('banner').waitFor();
        await proxy.start();
        await live();
        const from = await points('chart-loss');
        await has_points('chart-loss', from + 3);
        const rounds = await page.evaluate(async () => (await (await fetch('api/v1/rounds')).json()).length);
        assert.ok(rounds - (await points('chart-loss')) <= 3, 'no round is missing');
        assert.deepEqual(foreign, []);
        assert.deepEqual(errors.filter((text) => !/WebSocket|ERR_CONNECTION|ERR_EMPTY|ERR_NETWORK|status of (401|502)/.test(text)), []);
    }),
);
