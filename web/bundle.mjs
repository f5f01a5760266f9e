// The page's script and style, bundled and minified.
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

/** What uPlot has for dates on axes and for other paths than lines: none of it is drawn here, and it is a ninth of uPlot. */
const unused = [
    [/^const \[ timeIncrsM?s?S?.*genTimeStuffs\(.*\);$/gm, 2, ''],
    [/^\tconst _(?:tzDate|fmtDate|timeAxisSplits|timeAxisVals|timeSeriesVal) .*;$/gm, 5, ''],
    [/let isTime = .*;$/gm, 3, 'const isTime = false;'],
    [/^\t?uPlot\.\w+ +=.*;$/gm, 13, ''],
    [/^\tlet paths = uPlot\.paths = \{\n.*\n\t\};$/gm, 1, ''],
    [/^\t\(paths\.\w+ .*\);$/gm, 4, ''],
    [/^\tself\.(?:(?:add|del|set)(?:Series|Band)|setLegend|batch) = .*;$/gm, 8, ''],
];

/**
 * What `chart.tsx` always asks of uPlot, or never, as constants: what only other answers lead to falls away, which is a
 * quarter of uPlot.
 */
const settled = [
    // All series have one x, from left to right.
    [/([cl]\w+ mode) = \w+\.mode;$/gm, 3, '$1 = 1;'],
    [/\b(?:sx|scaleX)\.ori == 0/g, 25, 'true'],
    [/\bscaleX\.ori == 1/g, 9, 'false'],
    // Scales are linear or logarithmic, and have ranges, texts and filters of ours.
    [/\b\w+\.distr == (?:2|4|100)\b/g, 12, 'false'],
    [/\bxScaleDistr == [234]/g, 6, 'false'],
    [/\bdistr == (?:4|100)\b/g, 7, 'false'],
    [/sc\.range = fnOrSelf\(rn \|\| \([^;]*\);/g, 1, 'sc.range = rn;'],
    [/if \(scaleKey != xScaleKey \|\| .*\{$/gm, 1, 'if (false) {'],
    [/else if \(_min == _max\) \{$/gm, 1, 'else if (false) {'],
    [/axis\.splits \|\| \(.*\)\);$/gm, 1, 'axis.splits || numAxisSplits);'],
    [/axis\.filter \|\| \(.*\)\);$/gm, 1, 'axis.filter || retArg1);'],
    [/axis\.values = \([^;]*av \|\| numAxisVals\n\t*\);/g, 1, 'axis.values = av;'],
    [/axis\.label != null/g, 3, 'false'],
    [/\(opts\.padding \|\| \[.*/g, 1, 'opts.padding.map(fnOrSelf);'],
    // The legend is ours, a drag zooms by us, and no series stands out.
    [/const showLegend = .*;$/gm, 1, 'const showLegend = false;'],
    [/const cursorFocus = .*;$/gm, 1, 'const cursorFocus = false;'],
    [/if \(drag\.setScale && .*\{$/gm, 1, 'if (false) {'],
];

const without_unused = {
    name: 'without what is unused of uPlot',
    setup(build) {
        build.onLoad({ filter: /uPlot\.esm\.js$/ }, async ({ path: file }) => {
            let contents = await readFile(file, 'utf8');
            for (const [pattern, times, instead] of [...unused, ...settled]) {
                const found = contents.match(pattern)?.length ?? 0;
                if (found !== times) {
                    throw new Error(`${file} is another version: ${pattern} is in it ${found} times, not ${times}`);
                }
                contents = contents.replace(pattern, instead);
            }
            return { contents, loader: 'js' };
        });
    },
};

const here = path.dirname(fileURLToPath(import.meta.url));

/** Script, style, and the map of the script, which says what came from which file. */
export async function bundle() {
    const { outputFiles } = await build({
        absWorkingDir: here,
        entryPoints: { app: 'src/main.tsx' },
        outdir: here,
        bundle: true,
        plugins: [without_unused],
        minify: true,
        sourcemap: 'external',
        sourcesContent: false,
        write: false,
        format: 'esm',
        target: ['chrome109', 'firefox109', 'safari16'],
        jsx: 'automatic',
        jsxImportSource: 'preact',
        legalComments: 'none',
        logLevel: 'warning',
    });
    const text = (end) => outputFiles.find((file) => file.path.endsWith(end)).text;
    // A second minifier folds what the bundler leaves: 5 kB less, compressed. To read a signal is to follow it, so
    // no read of a property is without effect.
    const { code, map } = await minify(text('app.js'), {
        module: true,
        compress: { ecma: 2020, passes: 2, pure_getters: false },
        sourceMap: { content: text('app.js.map') },
    });
    return { script: code, style: text('app.css'), map: JSON.parse(map) };
}
