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

async function start_nginx(folder, port, dashboard) {
    const [, block] = /```nginx\n([^]*?)```/.exec(await readFile(documentation, 'utf8'));
    const server = block
        .replace('127.0.0.1:8080', new URL(dashboard).host)
        .replaceAll('/etc/ssl/fl.example.org', path.join(folder, 'pki/kits/localhost'))
        .replaceAll('fl.example.org', 'localhost')
        .replace('listen 443', `listen 127.0.0.1:${port}`);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
    const paths = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
    const file = path.join(folder, 'nginx.conf');
    await writeFile(
        file,
        `daemon off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${server}}\n`,
    );
    const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = once(nginx, 'exit');
    await listens(port);
    return async () => {
        nginx.kill('SIGTERM');
        await ended;
    };
}

test('everything works below a path of an HTTPS proxy', { skip, timeout: 120_000 }, async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fedasio-proxy-'));
    const fedasio = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio');
    for (const words of [['init', 'pki'], ['issue', 'pki', 'master', 'localhost']]) {
        execFileSync(fedasio, ['pki', ...words], { cwd: folder });
    }
    const port = await free_port();
    const base = `https://localhost:${port}/training`;
    const master = await start_master({ workers: 1, with_tokens: true, options: ['--dashboard-origin', base] });
    const end_nginx = await start_nginx(folder, port, master.url);
    const browser = await start_browser(['--ignore-certificate-errors']);
    try {
        assert.ok(master.operator.startsWith(`${base}/?token=`), master.operator);
        const { page, errors, foreign } = await open_page(browser, base);
        const { by, go, live, in_phase, answer_to } = make_helpers(page);
        await page.goto(`${base}/`);
        await by('view-run').or(page.locator('input[name="token"]')).waitFor();
        await page.locator('input[name="token"]').fill(new URL(master.operator).searchParams.get('token'));
        await page.locator('button').click();
        await live();
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
        assert.deepEqual(foreign, []);
        // The login page is answered 401, which the browser reports by itself.
        assert.deepEqual(errors.filter((text) => !text.includes('401')), []);
    } finally {
        await browser.close();
        await end_nginx();
        await master.end();
        await rm(folder, { recursive: true, force: true });
    }
});
