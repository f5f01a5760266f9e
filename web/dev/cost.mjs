// What each part of the page costs: by how many bytes the page, compressed as it travels (`gzip -9n`), would be smaller
// without it. Parts share words, so these are less than the whole together. `npm run cost`
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { bundle } from '../bundle.mjs';

const packed = (text) => spawnSync('gzip', ['-9nc'], { input: text, maxBuffer: 1 << 24 }).stdout.length;

/** The script cut into pieces, each with the file that it came from; what comes from none belongs to the piece before. */
function pieces({ script, map }) {
    const source = new SourceMap(map);
    const found = [];
    script.split('\n').forEach((line, row) => {
        let at = 0;
        for (let column = 1; column <= line.length; column += 1) {
            const file = (place) => source.findEntry(row, place).originalSource ?? found.at(-1)?.file ?? '';
            if (column === line.length || file(column) !== file(at)) {
                found.push({ file: file(at), text: line.slice(at, column) });
                at = column;
            }
        }
    });
    return found;
}

function part(file) {
    const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
    const folder = /src\/([a-z]+)\//.exec(file);
    return library ? library[1] : `src/${folder ? `${folder[1]}/` : '*'}`;
}

function table(heading, all, name_of, most) {
    const whole = packed(all.map(({ text }) => text).join(''));
    const rows = [...new Set(all.map(({ file }) => name_of(file)))].map((name) => {
        const own = all.filter(({ file }) => name_of(file) === name).reduce((sum, { text }) => sum + text.length, 0);
        const rest = all.filter(({ file }) => name_of(file) !== name).map(({ text }) => text);
        return { name, own, cost: whole - packed(rest.join('')) };
    });
    console.log(`\n| ${heading} | bytes | compressed |\n| --- | --- | --- |`);
    for (const { name, own, cost } of rows.sort((a, b) => b.cost - a.cost).slice(0, most)) {
        console.log(`| ${name} | ${own} | ${cost} |`);
    }
}

const made = await bundle();
const rest = ['index.html', 'favicon.svg'].map((file) => readFileSync(new URL(`../public/${file}`, import.meta.url), 'utf8'));
console.log('| file | bytes | compressed |\n| --- | --- | --- |');
for (const [name, text] of [['app.js', made.script], ['app.css', made.style], ['index.html', rest[0]], ['favicon.svg', rest[1]]]) {
    console.log(`| ${name} | ${text.length} | ${packed(text)} |`);
}
const all = pieces(made);
table('part of app.js', all, part, 20);
table('file of app.js', all, (file) => file.replace(/^.*?((node_modules|src)\/)/, '$1'), 25);
