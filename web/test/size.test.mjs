// The page is carried in the master's binary, and over slow lines: it stays small.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const limit = 110_000;

it(`is under ${limit / 1000} kB in all, compressed`, () => {
    // The one that is in the binary, where that has been built.
    const built_already = process.env.FEDASIO_PAGE;
    const folder = built_already ?? mkdtempSync(path.join(os.tmpdir(), 'fedasio-page-'));
    try {
        if (!built_already) {
            const built = spawnSync(process.execPath, ['build.mjs', '--outdir', folder], { encoding: 'utf8' });
            expect(built.status, built.stderr).toBe(0);
        }
        const files = readdirSync(folder);
        expect(files.sort()).toEqual(['app.css', 'app.js', 'favicon.svg', 'index.html']);
        // As the build does it, so these are the bytes that travel.
        const sizes = files.map((file) => spawnSync('gzip', ['-9nc', path.join(folder, file)]).stdout.length);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(limit);
        const page = files.map((file) => readFileSync(path.join(folder, file), 'utf8')).join('\n');
        // Names of XML, and nothing to ask for.
        const hosts = new Set(page.match(/https?:\/\/[a-z0-9.-]+/g));
        hosts.delete('http://www.w3.org');
        expect([...hosts]).toEqual([]);
        expect(page).not.toMatch(/\beval\(|new Function\b/);
    } finally {
        if (!built_already) {
            rmSync(folder, { recursive: true, force: true });
        }
    }
});
