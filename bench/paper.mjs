// Runs cells of the paper's tables with `fedasio sweep` and writes the table of paper and measured rounds.
// Started by bench/paper.sh, in the repository's folder.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';

const help = `Usage: bench/paper.sh [OPTION]...

Rounds of federated averaging until the test accuracy is 97 % (2nn) or 99 % (cnn), as in tables 1 and 2 of McMahan
et al. (2017), here and in the paper. Without options: the main cells of bench/paper_cells.json with their rates and
three seeds, which takes many hours for cnn. Ctrl-C keeps what is done, and the same command goes on.

  --quick         2nn, IID, every C, two rates, three seeds: some minutes
  --cell NAME     MODEL-PARTITION-C-E-B, such as 2nn-noniid-C0-E1-B10 or cnn-iid-C0.1-E1-Binf; any values will do, in the
                  paper or not. C0 is one client a round, Binf one batch of all. The beginning of a name, such as
                  2nn-iid, is every cell of the table that begins so. Can be given again
  --rates A,B     learning rates to try, in place of the cell's own
  --seeds A,B     default 1,2,3
  --rounds N      give a run up after N rounds; default: one and a half times the paper's, 1000 for other cells
  --threads N     clients that train at once; default: the cores of this machine
  --out DIR       results, default build/paper; rows that are there are not run again
  --table         run nothing, only write the table of what is there

The table is in DIR/table.md, all rows in DIR/CELL/results.csv, curves in DIR/CELL/curves. FEDASIO_BIN names a folder
with a fedasio that is built already.

Examples:
  bench/paper.sh --quick
  bench/paper.sh --cell 2nn-iid --cell 2nn-noniid-C0.1-E1-B10
  bench/paper.sh --cell cnn-noniid-C0.1-E1-B50 --rates 0.1 --seeds 1
`;

const {cells: listed} = JSON.parse(readFileSync('bench/paper_cells.json', 'utf8'));
const quickRates = [0.1, 0.2];
const quickSeeds = [1, 2, 3];

function fail(problem) {
    process.stderr.write(`paper.sh: ${problem}\nTry 'bench/paper.sh --help'.\n`);
    process.exit(2);
}

function parseName(name) {
    const parts = /^(2nn|cnn)-(iid|noniid)-C(\d*\.?\d+)-E(\d+)-B(\d+|inf)$/.exec(name);
    if (!parts) {
        return null;
    }
    const [, model, partition, fraction, epochs, batch] = parts;
    return {model, partition, fraction, epochs, batch};
}

function cellsNamed(text) {
    const parts = parseName(text);
    if (!parts) {
        const beginning = listed.filter(cell => cell.name.startsWith(`${text}-`));
        if (beginning.length === 0) {
            fail(`'${text}' is no cell; write it like 2nn-noniid-C0.1-E1-B10: iid or noniid, and B a number or inf`);
        }
        return beginning;
    }
    const {model, partition, fraction, epochs, batch} = parts;
    const name = `${model}-${partition}-C${Number(fraction)}-E${Number(epochs)}-B${batch}`;
    const found = listed.find(cell => cell.name === name);
    if (found) {
        return [found];
    }
    // The rates of a cell like it: the same batch, or at least the same model and partition.
    const alike = listed.filter(cell => cell.name.startsWith(`${model}-${partition}-`));
    const nearest = alike.find(cell => cell.name.endsWith(`-B${batch}`)) ?? alike[0];
    return [{name, rates: nearest.rates}];
}

function numbers(option, text) {
    const values = text.split(',').map(Number);
    if (values.some(value => !(value > 0) || !Number.isFinite(value))) {
        fail(`${option} ${text}: write positive numbers with commas between them`);
    }
    return values;
}

function readOptions() {
    try {
        const text = {type: 'string'};
        return parseArgs({
            options: {
                help: {type: 'boolean'}, quick: {type: 'boolean'}, table: {type: 'boolean'},
                cell: {type: 'string', multiple: true}, rates: text, seeds: text, rounds: text, threads: text, out: text,
            },
        }).values;
    } catch (problem) {
        return fail(problem.message);
    }
}

const options = readOptions();
if (options.help) {
    process.stdout.write(help);
    process.exit(0);
}
const out = options.out ?? 'build/paper';
const program = path.join(process.env.FEDASIO_BIN ?? 'build/release/bin', 'fedasio');
const names = options.cell ?? (options.quick ? ['2nn-iid-C0-E1-B10', '2nn-iid-C0.1-E1-B10', '2nn-iid-C0.2-E1-B10',
                                                '2nn-iid-C0.5-E1-B10', '2nn-iid-C1-E1-B10'] : null);
const wanted = names ? [...new Set(names.flatMap(cellsNamed))] : listed.filter(cell => !cell.extra);
const rates = options.rates ? numbers('--rates', options.rates) : options.quick ? quickRates : null;
const seeds = options.seeds ? numbers('--seeds', options.seeds) : options.quick ? quickSeeds : [1, 2, 3];
const rounds = options.rounds ? numbers('--rounds', options.rounds)[0] : null;
const threads = options.threads ? ['--threads', options.threads] : [];

function sweepArguments(cell) {
    const {model, partition, fraction, epochs, batch} = parseName(cell.name);
    const settings = {
        'data.partition': partition === 'iid' ? '{"scheme":"iid"}' : '{"scheme":"shards","shards_per_client":2}',
        fraction: Number(fraction) === 0 ? 0.01 : Number(fraction), // one of the hundred clients
        'local.epochs': epochs,
        'local.batch_size': batch === 'inf' ? 600 : batch, // all that a client has
        rounds: rounds ?? (cell.rounds ? Math.ceil(1.5 * cell.rounds) : 1000),
    };
    return ['sweep', `plans/paper/${model}.json`, '--out', path.join(out, cell.name), '--seeds', seeds.join(','), ...threads,
            '--grid', `local.optimizer.learning_rate=${(rates ?? cell.rates).join(',')}`,
            ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])];
}

/// Its terminal sends Ctrl-C to both; other signals are passed on, and the sweep's end is waited for.
let interrupted = false;
function run(cell) {
    return new Promise(resolve => {
        const child = spawn(program, sweepArguments(cell), {stdio: ['ignore', 'ignore', 'inherit']});
        const onInterrupt = () => { interrupted = true; };
        const onTerminate = () => { interrupted = true; child.kill('SIGTERM'); };
        process.on('SIGINT', onInterrupt);
        process.on('SIGTERM', onTerminate);
        child.on('error', problem => {
            process.stderr.write(`paper.sh: cannot start ${program}: ${problem.message}\n`);
            resolve(1);
        });
        child.on('close', code => {
            process.off('SIGINT', onInterrupt);
            process.off('SIGTERM', onTerminate);
            resolve(code ?? 1);
        });
    });
}

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function readRows(cell) {
    const file = path.join(out, cell.name, 'results.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : [];
}

/// The runs of each rate, a run that did not reach the target as infinitely long. A seed that was run twice, with another
/// limit of rounds, counts once: reached if it was.
function byRate(rows) {
    const found = new Map();
    for (const row of rows) {
        const rate = row.grid['local.optimizer.learning_rate'];
        const ofRate = found.get(rate) ?? new Map();
        found.set(rate, ofRate);
        const length = row.rounds_to_target ?? Infinity;
        if (!ofRate.has(row.seed) || length < ofRate.get(row.seed).length) {
            ofRate.set(row.seed, {...row, length});
        }
    }
    return [...found].map(([rate, runs]) => ({rate, runs: [...runs.values()].sort((a, b) => a.seed - b.seed)}))
        .map(one => ({...one, rounds: median(one.runs.map(row => row.length))}))
        .sort((a, b) => a.rate - b.rate);
}

function told(row) {
    if (row.length < Infinity) {
        return row.length.toFixed(1);
    }
    const how = row.outcome === 'failed' ? 'failed' : 'not reached';
    return `${how} in ${row.rounds} (best ${((row.best_test_accuracy ?? 0) * 100).toFixed(2)} %)`;
}

function line(cell) {
    const {model, partition, fraction, epochs, batch} = parseName(cell.name);
    const first = [model.toUpperCase(), partition === 'iid' ? 'IID' : 'non-IID', fraction, epochs,
                   batch === 'inf' ? '∞' : batch, cell.rounds ?? '–'];
    const all = byRate(readRows(cell));
    if (all.length === 0) {
        return [...first, 'not run', '', '', '', '', ''];
    }
    // With more seeds, a rate says more; among those with the most, the fewest rounds are best.
    const most = Math.max(...all.map(one => one.runs.length));
    const best = all.filter(one => one.runs.length === most).reduce((a, b) => b.rounds < a.rounds ? b : a);
    const reached = best.rounds < Infinity;
    return [...first, reached ? `**${best.rounds.toFixed(1)}**` : 'missed',
            reached && cell.rounds ? `${(cell.rounds / best.rounds).toFixed(1)}×` : '', best.rate,
            best.runs.map(told).join(', '), median(best.runs.map(row => row.seconds)).toFixed(0),
            all.map(one => one.rate).join(', ')];
}

function table(cells) {
    const head = ['model', 'data', 'C', 'E', 'B', 'paper', 'fedasio', 'paper / fedasio', 'rate', 'each seed',
                  's a run', 'rates tried'];
    const rows = [head, head.map(() => '---'), ...cells.map(line)];
    return rows.map(row => `| ${row.join(' | ')} |`).join('\n');
}

function commit() {
    const told = spawnSync('git', ['describe', '--always', '--dirty'], {encoding: 'utf8'});
    return told.status === 0 ? told.stdout.trim() : 'unknown';
}

function writeTable() {
    const names = new Set(listed.map(cell => cell.name));
    const others = existsSync(out) ? readdirSync(out).filter(name => parseName(name) && !names.has(name)) : [];
    const processor = os.cpus()[0]?.model.trim() ?? 'unknown';
    const text = `# Rounds to the target, in the paper and here

Rounds of federated averaging until the test accuracy is 97 % (2NN) or 99 % (CNN) on MNIST with 100 clients. *paper*:
McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data" (2017), tables 1 and 2. *fedasio*: the
median over the seeds at the best learning rate, counted as in the paper (best accuracy so far, crossing interpolated).
*s a run*: the median time of a run at that rate, on ${processor}, ${os.cpus().length} cores, commit ${commit()}.

${table(listed.filter(cell => !cell.extra))}

Further cells:

${table([...listed.filter(cell => cell.extra), ...others.map(name => ({name}))])}
`;
    mkdirSync(out, {recursive: true});
    writeFileSync(path.join(out, 'table.md'), text);
    return text;
}

let failed = false;
for (const cell of options.table ? [] : wanted) {
    process.stderr.write(`== ${cell.name}\n`);
    const code = await run(cell);
    failed ||= code !== 0;
    writeTable();
    if (interrupted) {
        break;
    }
}
process.stdout.write(writeTable());
process.exit(interrupted || failed ? 1 : 0);
