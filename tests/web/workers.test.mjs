// What an operator of many workers sees who come and go, of whom one is slow and one lies about its labels: on a scripted
// server, in a real Chromium.
import assert from 'node:assert/strict';
import { assert_accessible, assert_fits } from './chromium.mjs';
import { in_browser, make_client, make_round, make_snapshot, make_worker } from './scripted.mjs';

const step = in_browser();

const long = 'klinikum-der-universitaet-mit-einem-sehr-langen-namen-haus-3';
const names = ['ward-1', 'ward-12', long, 'bonn', 'celle', 'dresden', 'erfurt', 'gotha', 'hanau', 'jena'];
const clients = Array.from({ length: 200 }, (_, client) => make_client(client, { worker: 1 + (client % 10), labels: [5, 3] }));
const cohort = clients.map(({ client }) => client);
const workers = names.map((name, place) => make_worker(place + 1, { name, clients: cohort.filter((client) => client % 10 === place) }));
const busy = { phase: 'training', round: 3, workers: 10, clients: 200, clients_planned: 200, clients_per_round: 200, last_round: 50 };
const snapshot = make_snapshot({ status: busy, workers, clients });
const second = 1_750_000_000;
/** All of ward-1's clients go elsewhere. */
const compared = clients.map(({ client, worker }) => ({
    client,
    distance: worker === 1 ? 3 + client / 1000 : 1 + client / 1000,
    cosine: worker === 1 ? -0.4 : 0.6 + client / 1000,
}));

/** A round in which every worker takes a second, but for those that `slow` has seconds of. */
function a_round(say, round, slow = {}, numbers = workers.map(({ worker }) => worker)) {
    const time = second + 100 * round;
    const seconds = (worker) => slow[worker] ?? 1;
    const last = Math.max(...numbers.map(seconds));
    say('round_started', { time, round, cohort, clients_per_round: 200 });
    say('phase', { time, phase: 'training', round });
    numbers.forEach((worker) => say('worker_state', { time, worker, state: 'training' }));
    clients.forEach(({ client, worker }) => say('client_updated', { time, round, client, worker, samples: 50, loss: 0.5, accuracy: 0.8, seconds: 0.1 }));
    numbers.toSorted((a, b) => seconds(a) - seconds(b)).forEach((worker) => say('worker_state', { time: time + seconds(worker), worker, state: 'ready' }));
    say('phase', { time: time + last, phase: 'aggregating', round });
    say('updates_compared', { time: time + last, round, step: 0.1, clients: compared });
    say('round_finished', { time: time + last, result: make_round(round, { cohort, time: time + last }) });
}

step(
    'says whose clients are odd on the map of updates, and shows those of this worker alone',
    { snapshot },
    async ({ by, page, say }) => {
        [3, 4, 5].forEach((round) => a_round(say, round));
        await by('people').filter({ hasText: 'ward-1 is odd, 20 of its 20 clients.' }).waitFor();
        await by('people').getByRole('link', { name: 'ward-1' }).click();
        // Not ward-12's.
        await page.waitForSelector('[data-testid="shown"]:text("20 of 200")');
        const told = page.locator('.scatter figcaption');
        await told.filter({ hasText: /^◆ stand out: 20 of 20 of ward-1$/ }).waitFor();
        // More workers than colours: the odd ones have one.
        const reds = await by('scatter').evaluate((canvas) => {
            const probe = document.createElement('span');
            probe.style.color = 'var(--bad)';
            document.body.append(probe);
            const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
            probe.remove();
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let at = 0; at < data.length; at += 4) {
                found += wanted.every((part, place) => data[at + place] === part) ? 1 : 0;
            }
            return found;
        });
        assert.ok(reds > 20, `${reds} red pixels`);
        // The labels of all are drawn, those of the last worker too.
        await page.waitForSelector('[data-testid="label-map"][data-clients="200"]');
        assert.deepEqual(await page.locator('.label-names span').allInnerTexts(), ['class 0', 'class 1']);
        await page.waitForSelector('[data-testid="client-row"] td:text-is("−0.40")');
        await assert_accessible(page, 'odd clients of many workers');
    },
);

step(
    'says why a worker is slow, and never that it costs more than its rounds take',
    { snapshot },
    async ({ by, page, say, go }) => {
        [3, 4, 5, 6, 7, 8].forEach((round) => a_round(say, round));
        await by('people').filter({ hasText: 'Nobody holds the others up' }).waitFor();
        say('worker_joined', { time: second + 850, worker: make_worker(11, { name: 'kassel' }) });
        a_round(say, 9, { 11: 9 }, [1, 2, 11]);
        a_round(say, 10, { 11: 9 }, [1, 2, 11]);
        await by('people').filter({ hasText: /^kassel costs 8\.0 s of the 9\.0 s of its rounds; / }).waitFor();
        await by('people').getByRole('link', { name: 'kassel' }).click();
        await by('costs').filter({ hasText: /^Rounds with kassel have all answers after 9\.0 s; without kassel it would be 1\.0 s\./ }).waitFor();
        await by('round-time').filter({ hasText: 'A round has its answers after 9.0 s (9.0 s training), those of the others after 1.0 s.' }).waitFor();
        await assert_accessible(page, 'a slow worker');
        // Of the round under way there is no mean update yet.
        say('round_started', { round: 11, cohort, clients_per_round: 200 });
        say('client_updated', { round: 11, client: 3, worker: 4, samples: 50, loss: 0.5, accuracy: 0.8, seconds: 0.1 });
        await go('workers', '?table=clients&client=3');
        await by('client-drawer').locator('dl div', { hasText: 'Last round' }).filter({ hasText: '11' }).waitFor();
        await by('client-drawer').locator('dl div', { hasText: 'Length of the mean update' }).filter({ hasText: '0.1000' }).waitFor();
        await by('client-drawer').locator('dl div', { hasText: 'That of most clients' }).filter({ hasText: '1.11' }).waitFor();
    },
);

step(
    'counts who came back among the present only, and who is gone once',
    { snapshot: make_snapshot({ status: { ...busy, workers: 2 }, workers: workers.slice(0, 2), clients: clients.slice(0, 2) }) },
    async ({ by, say, page, go }) => {
        for (const number of [11, 12, 13]) {
            say('worker_joined', { worker: make_worker(number, { name: 'bonn', clients: [7], samples: 50 }) });
            say('worker_left', { worker: number, name: 'bonn', reason: 'lost' });
        }
        say('worker_left', { worker: 2, name: 'ward-12', reason: 'lost' });
        say('worker_joined', { worker: make_worker(14, { name: 'ward-12' }) });
        await page.locator('.figure', { hasText: '2 workers, 1 gone' }).waitFor();
        await go('workers');
        await page.waitForSelector('[data-testid="worker-row"][data-key="14"]');
        const rows = await by('worker-row').evaluateAll((all) => all.map((row) => row.innerText.replace(/\s+/g, ' ').split(' ').slice(0, 5).join(' ')));
        // What the one that is gone had is nobody's samples.
        assert.deepEqual(rows, ['ward-1 #1 ready 20 100', 'ward-12 #14 ready 0 –', 'bonn #13 gone 0 –']);
    },
);

/** Heartbeats of two workers, second by second. */
const beats = (from, to, queued) =>
    Array.from({ length: to - from }, (_, place) => from + place).flatMap((at) =>
        [1, 3].map((worker) => ({
            time: second + at, worker, cpu_percent: 1, memory_bytes: 1, round_trip_ms: 3, bytes_sent: 1e6 * at, bytes_received: 2e6 * at, queued_bytes: queued,
        })),
    );

step(
    'keeps texts apart on the network page, and moves nothing for a queue',
    { snapshot, hash: '#/network' },
    async ({ by, page, say, has_points }) => {
        beats(0, 60, 32).forEach((one) => say('worker_stats', one));
        await has_points('chart-rate', 58);
        for (const width of [1440, 1280, 800, 400]) {
            await page.setViewportSize({ width, height: 900 });
            await assert_fits(page, `network at ${width}`);
            const cells = await by('queues').locator('tr', { hasText: 'klinikum' }).evaluate((row) => {
                const { right } = row.querySelector('a').getBoundingClientRect();
                return { right, next: row.querySelector('td').getBoundingClientRect().left };
            });
            assert.ok(cells.right <= cells.next, `a long name goes to ${cells.right} over ${cells.next} at ${width}`);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
        const places = () => page.locator('.chart .plot, [data-testid="queues"]').evaluateAll((all) => all.slice(0, 3).map((one) => JSON.stringify(one.getBoundingClientRect())));
        const before = await places();
        beats(60, 62, 100_000).forEach((one) => say('worker_stats', one));
        await by('chart-queue').waitFor();
        assert.deepEqual(await places(), before);
        await assert_accessible(page, 'a queue');
    },
);

step(
    'has no holes in the lines of the log',
    { snapshot: make_snapshot({ status: busy }), hash: '#/log' },
    async ({ by, say }) => {
        say('phase', { phase: 'training', round: 7 });
        const line = by('log').locator('li', { hasText: 'Training' });
        const hole = await line.locator('.log-text').evaluate((text) => {
            const range = document.createRange();
            range.selectNodeContents(text.firstChild);
            return text.querySelector('a').getBoundingClientRect().left - range.getBoundingClientRect().right;
        });
        assert.ok(Math.abs(hole) < 1, `${hole} pixels between the bracket and the round`);
    },
);

step(
    'has after a restart what was changed before, and how long was trained in all',
    {
        snapshot: make_snapshot({
            status: { ...busy, now: second + 200, round: 2 },
            rounds: [1, 2].map((round) => make_round(round, { seconds: { training: 60 }, time: second + 70 * round })),
        }),
    },
    async ({ by, say, page }) => {
        const change = { round: 2, last_round: 50, target_accuracy: null, deadline: 5, fraction: 1, clients_per_round: 4 };
        say('run_opened', { time: second + 190, run: '5c0f', plan: 'scripted', plan_digest: '00', seed: 1, last_round: 50, target_accuracy: null });
        say('run_resumed', {
            time: second + 191, run: '5c0f', round: 2, clients_per_round: 200, changes: [change],
            rounds: [1, 2].map((round) => make_round(round, { seconds: { training: 60 }, time: second + 70 * round })),
        });
        say('training_started', { time: second + 192, round: 3, last_round: 50, target_accuracy: null });
        say('round_finished', { time: second + 196, result: make_round(3, { seconds: { training: 4 }, time: second + 196 }) });
        say('training_finished', { time: second + 202, outcome: 'stopped', detail: '', round: 3, weights_sha256: '' });
        // Two rounds of a minute before, ten seconds since.
        await page.locator('.standing-note', { hasText: '2:10 trained' }).waitFor();
        await page.locator('[data-testid="chart-accuracy"]', { hasText: '◆ change, ▮ restart: point at one to read it' }).waitFor();
    },
);

step(
    'says of an open histogram that other weights were loaded since',
    {
        snapshot: make_snapshot({ status: { ...busy, phase: 'paused' }, rounds: [make_round(3, { time: second })] }),
        objects: {
            'model/arrays/0/histogram': {
                model: null, run: '5c0f', round: 3, name: 'a', dims: [4], values: 4, not_finite: 0, zeros: 0, minimum: 0, maximum: 3, mean: 1, deviation: 1,
                low: 0, width: 1, bins: [1, 1, 2], below: 0, above: 0, arrays: ['a'],
            },
        },
    },
    async ({ by, say, page }) => {
        say('layers_measured', { round: 3, arrays: [{ name: 'a', weights: 4, update: 1, units: 0, still: 0 }] });
        await by('layer-chip').click();
        await by('values-of').filter({ hasText: /^after round 3$/ }).waitFor();
        assert.equal(await by('count-again').count(), 0);
        say('model_loaded', { name: 'best', round: 2 });
        await by('values-of').filter({ hasText: /^after round 3, before best was loaded$/ }).waitFor();
        await assert_accessible(page, 'a histogram of before');
        await by('count-again').click();
        await by('values-of').filter({ hasText: /^after round 3, with best loaded$/ }).waitFor();
        assert.equal(await by('count-again').count(), 0);
        say('round_finished', { result: make_round(4, { time: second + 1000 }) });
        await by('count-again').waitFor();
        assert.equal(await by('values-of').innerText(), 'after round 3, with best loaded');
    },
);

step(
    'has whole rows of the mistakes that the model is most sure of, and says of which round its AUC is',
    {
        snapshot: make_snapshot({
            status: busy,
            rounds: [make_round(1, { test_accuracy: 0.9, test_auc: 0.99 }), make_round(2, { test_accuracy: 0.8, test_auc: 0.95 })],
            evaluation: {
                round: 2, samples: 100, classes: ['cat', 'dog'], confusion: [[40, 10], [10, 40]],
                wrong: Array.from({ length: 24 }, (_, index) => ({ index, label: 0, predicted: 1, confidence: 0.9 })),
            },
        }),
    },
    async ({ by, page }) => {
        await page.locator('.figure', { hasText: 'in round 1' }).filter({ hasText: 'AUC 0.950 in round 2' }).waitFor();
        for (const width of [1440, 1280, 800, 400]) {
            await page.setViewportSize({ width, height: 900 });
            const tops = await by('wrong-samples').locator('> li').evaluateAll((all) => all.map((one) => one.offsetTop));
            const rows = [...new Set(tops)].map((top) => tops.filter((other) => other === top).length);
            assert.equal(tops.length, 24);
            assert.equal(new Set(rows).size, 1, `rows of ${rows} at ${width}`);
            await assert_fits(page, `mistakes at ${width}`);
        }
    },
);

step(
    'says below the accuracy how much better than the run before it is, so far',
    {
        snapshot: make_snapshot({ status: { ...busy, run: '2', plan: 'p', state_dir: true }, rounds: [make_round(1, { test_accuracy: 0.8 })] }),
        objects: {
            runs: [{
                run: '1', plan: 'p', plan_digest: '1', seed: 1, started: 1, ended: 2, outcome: 'rounds_done', detail: null, weights_sha256: '1',
                rounds: 900, best_test_accuracy: 0.925, best_test_loss: 1, last_test_accuracy: 0.92, last_test_loss: 1,
            }],
        },
    },
    async ({ by, page }) => {
        const notes = page.locator('.figure', { has: by('test-accuracy') }).locator('.figure-note');
        await notes.first().filter({ hasText: /^−12\.5 points so far vs\. best$/ }).waitFor();
        assert.equal(await notes.nth(1).innerText(), '');
        for (const width of [1440, 800, 400]) {
            await page.setViewportSize({ width, height: 800 });
            const [content, room] = await notes.first().evaluate((note) => [note.scrollWidth, note.clientWidth]);
            assert.ok(content <= room, `${content} in ${room} at ${width}`);
        }
    },
);
