// Bundles the page into dist/ (or --outdir DIR) under fixed names: index.html, app.js, app.css, favicon.svg.
import { build } from 'esbuild';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string', default: path.join(here, 'dist') } } });
const outdir = path.resolve(values.outdir);

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
await cp(path.join(here, 'public'), outdir, { recursive: true });
await build({
    absWorkingDir: here,
    entryPoints: { app: 'src/main.tsx' },
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome109', 'firefox109', 'safari16'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
});
