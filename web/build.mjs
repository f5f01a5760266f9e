// Bundles the page into dist/ (or --outdir DIR) under fixed names: index.html, app.js, app.css, favicon.svg.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string', default: path.join(here, 'dist') } } });
const outdir = path.resolve(values.outdir);

const { script, style } = await bundle();
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
await cp(path.join(here, 'public'), outdir, { recursive: true });
await writeFile(path.join(outdir, 'app.js'), script);
await writeFile(path.join(outdir, 'app.css'), style);
