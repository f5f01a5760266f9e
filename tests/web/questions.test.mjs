// What people open the page to ask: who is slow and why, who is odd, what does the model get wrong, which run was
// best. On a scripted server, in a real Chromium; each answer is there at once or a click away.
import assert from 'node:assert/strict';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, make_client, make_round, make_snapshot, make_worker } from './scripted.mjs';

const step = in_browser();

const names = ['ward-1', 'ward-2', 'ward-7', 'tuebingen'];
const ward_7 = 3;
const tuebingen = 4;
const clients = Array.from({ length: 24 }, (_, client) => make_client(client, { worker: 1 + (client % 4) }));
const cohort = clients.map(({ client }) => client);
const workers = names.map((name, place) =>
    make_worker(place + 1, { name, clients: cohort.filter((client) => client % 4 === place), queued_bytes: 32 }),
);
const busy = { phase: 'training', round: 3, workers: 4, clients: 24, clients_planned: 24, last_round: 50 };

/** Events of a round in which worker 3 takes nine seconds where one is usual, and all of worker 4's clients go elsewhere. */
function round_of_four(round, from, first_seq, among = clients) {
    const events = [];
    const say = (after, type, fields) => events.push({ seq: first_seq + events.length, time: from + after, type, ...fields });
    const states = (after, state, only = [1, 2, 3, 4]) => only.forEach((worker) => say(after, 'worker_state', { worker, state }));
    const cohort = among.map(({ client }) => client);
    say(0, 'round_started', { round, cohort, clients_per_round: cohort.length });
    say(0, 'phase', { phase: 'training', round });
    states(0, 'training');
    for (const { client, worker } of among) {
        say(0.5, 'client_updated', { round, client, worker, samples: 50, loss: worker === tuebingen ? 4 : 0.5, accuracy: 0.8, seconds: 0.1 });
    }
    states(1, 'ready', [1, 2, 4]);
    states(9, 'ready', [ward_7]);
    say(9, 'phase', { phase: 'aggregating', round });
    say(9, 'updates_compared', {
        round,
        step: 1,
        clients: among.map(({ client, worker }) => ({
            client,
            distance: worker === tuebingen ? 3 : 1 + client / 100,
            cosine: worker === tuebingen ? -0.4 : 0.6 + client / 100,
        })),
    });
    // All of them test the new model, and are busy until the end of the round.
    say(9, 'phase', { phase: 'evaluating', round });
    states(10, 'receiving');
    states(12, 'ready');
    say(12, 'round_finished', { result: make_round(round, { cohort }) });
    return events;
}

function play_rounds(say, rounds, among) {
    for (const round of rounds) {
        for (const { seq, type, ...fields } of round_of_four(round, 1_750_000_000 + 20 * round, 1, among)) {
            say(type, fields);
        }
    }
}

step(
    'says of clients that stand out together with whose they are, also where few take part in a round',
    { snapshot: make_snapshot({ status: busy, workers, clients }) },
    async ({ by, has_points, say }) => {
        const play = (rounds, among) => play_rounds(say, rounds, among);
        // Three of each worker's six: of the worker that is too few.
        play([3, 4, 5], clients.slice(0, 12));
        await has_points('chart-accuracy', 3);
        await by('people').filter({ hasText: /^ward-7 costs 8\.0 s of a usual round’s 9\.0 s\.$/ }).waitFor();
        play([6, 7, 8], clients.slice(12, 18));
        await by('people').filter({ hasText: /; tuebingen is odd, 4 of its 4 clients that were judged\.$/ }).waitFor();
        play([9, 10, 11], clients.slice(18));
        await by('people').filter({ hasText: /; tuebingen is odd, 6 of its 6 clients\.$/ }).waitFor();
    },
);

step(
    'says how many stand out, and lists as many, where others of their worker never come to a verdict',
    { snapshot: make_snapshot({ status: busy, workers, clients }) },
    async ({ by, page, say }) => {
        play_rounds(say, Array.from({ length: 23 }, (_, place) => 3 + place), clients.slice(0, 12));
        await by('people').filter({ hasText: /; 3 clients stand out\.$/ }).waitFor();
        await by('people').getByRole('link', { name: '3 clients' }).click();
        await page.waitForSelector('[data-testid="shown"]:text("3 of 24")');
        await by('client-groups').locator('li').first().filter({ hasText: /tuebingen.*3 of 3 judged odd/s }).waitFor();
    },
);

step(
    'says on the first page who is slow and who is odd, and one click shows why',
    { snapshot: make_snapshot({ status: busy, workers, clients }) },
    async ({ by, page, say, go }) => {
        assert.match(await by('people').innerText(), /is told here after the first rounds/);
        const { height } = await by('people').boundingBox();
        assert.ok(height > 10, 'its place is kept, so that nothing moves');
        for (const round of [3, 4, 5]) {
            for (const { seq, type, ...fields } of round_of_four(round, 1_750_000_000 + 20 * round, 1)) {
                say(type, fields);
            }
        }
        await by('people').filter({ hasText: /ward-7 costs 8\.0 s of a usual round’s 9\.0 s; tuebingen is odd, 6 of its 6 clients\.$/ }).waitFor();
        assert.equal((await by('people').boundingBox()).height, height);
        await assert_accessible(page, 'who is slow and odd');
        for (const width of [1440, 800, 400]) {
            await page.setViewportSize({ width, height: 800 });
            await assert_fits(page, `who is slow and odd at ${width}`);
        }
        await page.setViewportSize({ width: 1440, height: 900 });
        await by('people').getByRole('link', { name: 'ward-7' }).click();
        await by('worker-drawer').waitFor();
        await by('costs').filter({ hasText: 'without ward-7 it would be 1.0 s' }).waitFor();
        await go('run');
        await by('people').getByRole('link', { name: 'tuebingen' }).click();
        await page.waitForSelector('[data-testid="shown"]:text("6 of 24")');
        // All columns are in sight.
        const [content, room] = await page.locator('.virtual').evaluate((box) => [box.scrollWidth, box.clientWidth]);
        assert.ok(content <= room, `the table is ${content} wide in ${room}`);
        // The map has the worker's colour, and the list beside it says whose it is.
        await page.waitForSelector('[data-testid="scatter"][data-clients="24"]');
        await by('client-groups').locator('li').first().filter({ hasText: /tuebingen.*6 of 6 odd/s }).waitFor();
        const colours = await by('client-groups').locator('circle').evaluateAll((all) => all.map((one) => getComputedStyle(one).fill));
        assert.equal(new Set(colours).size, 4);
        const drawn = await by('scatter').evaluate((canvas, colour) => {
            const wanted = colour.match(/\d+/g).map(Number);
            const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let [right, left] = [0, 0];
            for (let at = 0; at < data.length; at += 4) {
                if (wanted.every((part, place) => data[at + place] === part)) {
                    const is_right = (at / 4) % width > width / 2;
                    right += is_right ? 1 : 0;
                    left += is_right ? 0 : 1;
                }
            }
            return { right, left };
        }, colours[0]);
        assert.ok(drawn.right > 40 && drawn.left === 0, JSON.stringify(drawn));
        await assert_accessible(page, 'the map of updates');
    },
);

const past = [3, 4, 5].flatMap((round, place) => round_of_four(round, 1_750_000_000 + 20 * round, 1 + 60 * place));
const last = past.at(-1).seq;

let read_up;
const may_read_up = new Promise((done) => {
    read_up = done;
});

step(
    'reads further back where a run rests, and its latest events are beats of its workers',
    {
        snapshot: make_snapshot({ seq: last + 3000, status: { ...busy, phase: 'paused' }, workers, clients, rounds: [make_round(5)] }),
        objects: {
            // It has rounds, and nothing of their clients.
            'rounds/summary': {
                run: '5c0f', rounds_looked_at: 0, usual: null, resumed: null, workers: [], layers: { names: [], units: [], rounds: [] },
                rounds: [{ round: 5, from: 1, to: 2, moving: 0, computing: 1, waiting: 0, late: 0 }],
            },
            events: async ({ url }) => {
                await may_read_up;
                const from = Number(new URL(url, 'http://localhost').searchParams.get('after'));
                const beats = Array.from({ length: 1000 }, (_, place) => Math.max(last, from) + place + 1)
                    .filter((seq) => seq <= last + 3000)
                    .map((seq) => ({
                        seq, time: 1_750_000_200 + seq / 10, type: 'worker_stats', worker: 1 + (seq % 4), cpu_percent: 1,
                        memory_bytes: 1, round_trip_ms: 1, bytes_sent: 1, bytes_received: 1, queued_bytes: 32,
                    }));
                const events = [...past.filter(({ seq }) => seq > from), ...beats].slice(0, 1000);
                return { body: { instance: 'a', events, oldest: 1, newest: last + 3000 } };
            },
        },
    },
    async ({ by, go }) => {
        // Until then nothing is said of what is not known.
        await by('people').filter({ hasText: 'Reading what was before' }).waitFor();
        read_up();
        await by('people').filter({ hasText: /ward-7 costs 8\.0 s .*tuebingen is odd/ }).waitFor();
        assert.match(await by('health').innerText(), /^Paused: /);
        // A heartbeat on its way is no queue.
        await go('network');
        await by('queues').waitFor();
        assert.equal(await by('chart-queue').count(), 0);
    },
);

step(
    'has no place for classes where a test says nothing of them',
    { snapshot: make_snapshot({ status: busy, workers: workers.slice(0, 2), clients: clients.slice(0, 2) }) },
    async ({ by, say, has_points, page }) => {
        await page.getByText('Which classes the model takes for which is drawn after its first test').waitFor();
        const time = 1_750_000_000;
        say('round_started', { time, round: 1, cohort: [0, 1], clients_per_round: 2 });
        [1, 2].forEach((worker) => say('worker_state', { time, worker, state: 'training' }));
        [1, 2].forEach((worker) => say('worker_state', { time: time + 1, worker, state: 'ready' }));
        say('round_finished', { time: time + 2, result: make_round(1) });
        await has_points('chart-accuracy', 1);
        assert.equal(await page.getByRole('heading', { name: 'By class' }).count(), 0);
        assert.equal(await by('confusion').count(), 0);
        // Of two clients none can stand out, and none is said not to.
        await by('people').filter({ hasText: /^Nobody holds the others up\.$/ }).waitFor();
    },
);

const classes = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

step(
    'names the classes of the matrix whole, and none upon another',
    {
        snapshot: make_snapshot({
            status: busy,
            rounds: [make_round(1)],
            evaluation: { round: 1, samples: 100, classes, confusion: classes.map((_, row) => classes.map((__, at) => (row === at ? 8 : row % 3))), wrong: [] },
        }),
    },
    async ({ by, page }) => {
        const texts = await by('confusion').locator('text').allTextContents();
        for (const name of classes) {
            assert.equal(texts.filter((text) => text === name).length, 2, name);
        }
        const [box, svg] = await by('confusion').evaluate((drawing) => {
            const { left, bottom } = [...drawing.querySelectorAll('text')].at(-1).getBoundingClientRect();
            const whole = drawing.getBoundingClientRect();
            return [{ left, bottom }, { left: whole.left, bottom: whole.bottom }];
        });
        assert.ok(box.bottom <= svg.bottom + 1 && box.left >= svg.left, 'the last name is inside');
        await assert_accessible(page, 'matrix with names');
    },
);

step(
    'compares a regression with the runs before, and begins its plots at one height, whatever stands above them',
    {
        snapshot: make_snapshot({
            status: { ...busy, task: 'regression', run: '2', plan: 'p', state_dir: true },
            data: {
                label: { name: 'price in thousands', kind: 'numeric' }, inputs: 1, columns: [], column_count: 0, owners: [], owner_count: 0, notes: [],
            },
            rounds: [1, 2].map((round) => make_round(round, { test_accuracy: null, train_accuracy: null, test_rmse: 4.25 / round, test_mae: 3.1 / round, test_r2: 0.5 })),
        }),
        objects: {
            runs: [['1', 0.7, 1], ['0', 0.2, 0]].map(([run, best_test_loss, started]) => ({
                run, plan: 'p', plan_digest: run, seed: 1, started, ended: started, outcome: 'rounds_done', detail: null, weights_sha256: run,
                rounds: 2, best_test_accuracy: null, best_test_loss, last_test_accuracy: null, last_test_loss: best_test_loss,
            })),
        },
    },
    async ({ by, has_points, page }) => {
        // Better than the run before, not yet as good as the best.
        await by('against-previous').filter({ hasText: /−0\.2\d* so far vs\. last/ }).waitFor();
        await by('against-best').filter({ hasText: /\+0\.3\d* so far vs\. best/ }).waitFor();
        await page.setViewportSize({ width: 1440, height: 900 });
        await has_points('chart-error', 2);
        const tops = await page.locator('.chart-pair').first().locator('.plot').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
        assert.equal(tops.length, 3);
        assert.equal(new Set(tops).size, 1, tops.join());
    },
);

const rates = [0.3, 0.1, 0.03, 0.01];
const sweep = rates.flatMap((rate, place) => [1, 2, 3].map((seed) => ({ run: `${place}${seed}`, rate, seed, accuracy: place === 0 ? 1 : 0.9 })));

step(
    'draws a sweep by the key that varies most, each of its values named, and no run upon another',
    {
        snapshot: make_snapshot({ status: { run: '01', plan: 'sweep', state_dir: true } }),
        hash: '#/history',
        objects: {
            runs: sweep.map(({ run, rate, seed, accuracy }) => ({
                run, plan: 'sweep', plan_digest: run, seed, started: 1_750_000_000, ended: 1_750_000_060, outcome: 'rounds_done', detail: null,
                weights_sha256: run, rounds: 2, best_test_accuracy: accuracy, best_test_loss: 1, last_test_accuracy: accuracy, last_test_loss: 1,
                plan_json: { name: 'sweep', seed, rounds: 2, fraction: seed === 1 ? 0.5 : 1, local: { learning_rate: rate } },
            })),
            ...Object.fromEntries(sweep.map(({ run }) => [`runs/${run}/rounds`, [make_round(1), make_round(2)]])),
        },
    },
    async ({ by, page }) => {
        await page.waitForSelector('[data-testid="sweep"][data-runs="12"]');
        assert.equal(await by('sweep-key').inputValue(), 'local.learning_rate');
        const texts = await by('sweep').locator('text').allTextContents();
        assert.deepEqual(rates.map(String).filter((rate) => !texts.includes(rate)), []);
        const dots = await by('sweep').locator('circle').evaluateAll((all) => all.map((one) => [Number(one.getAttribute('cx')), Number(one.getAttribute('cy')), Number(one.getAttribute('r'))]));
        dots.forEach(([x, y], place) => {
            for (const [other_x, other_y] of dots.slice(0, place)) {
                assert.ok(Math.hypot(x - other_x, y - other_y) >= 9.9, `dots at ${x} and ${other_x}`);
            }
            assert.ok(x > 60 && x < 630, `a dot at ${x}`);
        });
        await assert_accessible(page, 'a sweep');
    },
);

step(
    'says what will be there where nothing is yet, and draws no empty tables or axes',
    { snapshot: make_snapshot({ status: { ...busy, phase: 'waiting', round: 0, workers: 0, clients: 0 } }), hash: '#/workers' },
    async ({ by, page, go, say }) => {
        await page.getByText('What each worker does is drawn here').waitFor();
        assert.equal(await page.locator('.stream-axis').count(), 0);
        await by('show-clients').click();
        await page.getByText('Clients are listed here once workers host them').waitFor();
        await page.getByText('The map of updates').waitFor();
        assert.equal(await by('clients').count(), 0);
        // In the log a round is named once, and leads to it.
        say('phase', { phase: 'training', round: 7 });
        await go('log');
        const line = by('log').locator('li', { hasText: 'Training' });
        await line.getByRole('link', { name: 'round 7' }).waitFor();
        assert.match(await line.innerText(), /Training \(round 7\)\.\s*$/);
    },
);

step(
    'keeps the place of what workers cost, and of whom the first page names, whatever they say',
    { snapshot: make_snapshot({ status: busy, workers, clients }), hash: '#/workers' },
    async ({ by, page, say, go }) => {
        await page.getByText('What each worker costs a round is told').waitFor();
        const top = async (id) => (await by(id).boundingBox()).y;
        const before = await top('show-workers');
        for (const { seq, type, ...fields } of round_of_four(3, 1_750_000_000, 1)) {
            say(type, fields);
        }
        await by('costs').filter({ hasText: 'without ward-7' }).waitFor();
        assert.equal(await top('show-workers'), before);
        await go('run');
        await by('people').filter({ hasText: 'ward-7 costs' }).waitFor();
        const figures = await top('test-accuracy');
        // Rounds in which nobody is slow: the names go, and nothing moves.
        for (const round of [4, 5, 6, 7]) {
            const time = 1_750_000_000 + 20 * round;
            say('round_started', { time, round, cohort, clients_per_round: 24 });
            [1, 2, 3, 4].forEach((worker) => say('worker_state', { time, worker, state: 'training' }));
            [1, 2, 3, 4].forEach((worker) => say('worker_state', { time: time + 1, worker, state: 'ready' }));
            say('round_finished', { time: time + 1, result: make_round(round, { cohort }) });
        }
        await by('people').filter({ hasText: 'Nobody holds the others up' }).waitFor();
        assert.equal(await top('test-accuracy'), figures);
    },
);
