// A real fedasio-master with real workers, on small pictures that are made here.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const side = 8;
const classes = 4;

function make_noise(seed) {
    let state = seed;
    return () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647;
    };
}

/** Two IDX files: bright quarters of dark pictures, and which quarter it is. */
function pictures(count, seed) {
    const noise = make_noise(seed);
    const images = Buffer.alloc(16 + count * side * side);
    const labels = Buffer.alloc(8 + count);
    images.writeUInt32BE(0x803, 0);
    images.writeUInt32BE(count, 4);
    images.writeUInt32BE(side, 8);
    images.writeUInt32BE(side, 12);
    labels.writeUInt32BE(0x801, 0);
    labels.writeUInt32BE(count, 4);
    for (let at = 0; at < count; at += 1) {
        const label = Math.floor(noise() * classes);
        labels[8 + at] = label;
        for (let pixel = 0; pixel < side * side; pixel += 1) {
            const [x, y] = [pixel % side, Math.floor(pixel / side)];
            const quarter = (x < side / 2 ? 0 : 1) + (y < side / 2 ? 0 : 2);
            images[16 + at * side * side + pixel] = Math.floor(255 * noise() * (quarter === label ? 1 : 0.8));
        }
    }
    return { images, labels };
}

export function make_plan(folder, more = {}) {
    return {
        name: 'quarters',
        seed: 1,
        model: {
            input: [side, side],
            layers: [
                { type: 'flatten' },
                { type: 'dense', units: 32, activation: 'relu' },
                { type: 'dense', units: classes, activation: 'softmax' },
            ],
        },
        data: {
            source: {
                type: 'idx',
                train_images: path.join(folder, 'train-images'),
                train_labels: path.join(folder, 'train-labels'),
                test_images: path.join(folder, 'test-images'),
                test_labels: path.join(folder, 'test-labels'),
            },
            partition: { scheme: 'dirichlet', alpha: 1 },
        },
        clients: 12,
        local: { epochs: 24, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.01 } },
        strategy: 'fedavg',
        rounds: 15,
        ...more,
    };
}

/**
 * Starts a master with its workers. `url` is where its dashboard is, once it says so; with tokens, `operator` and
 * `viewer` are where each of them opens it. `plan` may be made from the folder. `stop` leaves the folder, `end` does not.
 */
export async function start_master({ workers = 4, plan = {}, with_tokens = false, options = [] } = {}) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fedasio-web-'));
    for (const [name, count, seed] of [
        ['train', 6000, 1],
        ['test', 1000, 2],
    ]) {
        const { images, labels } = pictures(count, seed);
        await writeFile(path.join(folder, `${name}-images`), images);
        await writeFile(path.join(folder, `${name}-labels`), labels);
    }
    const plan_file = path.join(folder, 'plan.json');
    await writeFile(plan_file, JSON.stringify(make_plan(folder, typeof plan === 'function' ? plan(folder) : plan)));
    const words = ['--plan', plan_file, '--listen', '127.0.0.1:0', '--dashboard', '127.0.0.1:0'];
    words.push('--spawn-workers', String(workers), '--state-dir', path.join(folder, 'state'));
    // What a test says of its fault is not to be lost behind thousands of rounds.
    words.push('--log-level', 'warning');
    if (with_tokens) {
        words.push('--dashboard-tokens', path.join(folder, 'tokens'));
    }
    words.push(...options);
    const master = spawn(process.env.FEDASIO_MASTER, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(master, 'exit');
    const stop = async () => {
        if (master.exitCode === null && master.signalCode === null) {
            master.kill('SIGTERM');
        }
        const [code] = await ended;
        return code;
    };
    const end = async () => {
        const code = await stop();
        await rm(folder, { recursive: true, force: true });
        return code;
    };
    /** Starts one more worker, of any name. */
    const join = (name) => {
        const program = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio-worker');
        const worker = spawn(program, ['--connect', said.listening, '--name', name], { stdio: 'ignore' });
        const left = once(worker, 'exit');
        return {
            end: async () => {
                worker.kill('SIGTERM');
                await left;
            },
        };
    };
    const said = {};
    for await (const line of createInterface({ input: master.stdout })) {
        const [, name, value] = /^(listening|dashboard|operator|viewer) (\S+)$/.exec(line) ?? [];
        if (name !== undefined) {
            said[name] = value;
        }
        if (said.dashboard !== undefined && (!with_tokens || said.viewer !== undefined)) {
            master.stdout.resume();
            return { url: said.dashboard, ...said, folder, join, stop, end };
        }
    }
    await end();
    throw new Error('the master ended without saying where its dashboard is');
}

/** A wire between browser and master that can be cut. */
export async function start_wire(url) {
    const { hostname, port } = new URL(url);
    const sockets = new Set();
    let is_whole = true;
    const server = net.createServer((near) => {
        if (!is_whole) {
            near.destroy();
            return;
        }
        const far = net.connect(Number(port), hostname);
        for (const [one, other] of [
            [near, far],
            [far, near],
        ]) {
            sockets.add(one);
            one.on('error', () => other.destroy());
            one.on('close', () => {
                sockets.delete(one);
                other.destroy();
            });
            one.pipe(other);
        }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cut = () => {
        is_whole = false;
        for (const socket of sockets) {
            socket.destroy();
        }
    };
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        cut,
        mend: () => {
            is_whole = true;
        },
        end: () => {
            cut();
            server.close();
        },
    };
}
