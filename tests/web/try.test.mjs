// The page tries the model: a row that is typed in, and a picture that is drawn, chosen or dropped, get on the page what
// `fedasio predict` says of them.
//   FEDASIO_MASTER        path of fedasio-master, with fedasio beside it; without it nothing is tested
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { look, make_helpers, open_page, start_browser } from './chromium.mjs';
import { start_master } from './master.mjs';

const skip = process.env.FEDASIO_MASTER ? false : 'FEDASIO_MASTER is not set';
const step = (name, body) => test(name, { skip, timeout: 120_000 }, body);

let browser;

before(async () => {
    browser = skip ? undefined : await start_browser();
});

after(() => browser?.close());

/** What the command says of a file: the fields of its only row, by name. */
function predict(master, data) {
    const program = path.join(path.dirname(process.env.FEDASIO_MASTER), 'fedasio');
    const model = path.join(master.folder, 'state/models/last.safetensors');
    const text = execFileSync(program, ['predict', model, '--data', data], { encoding: 'utf8' });
    const [names, fields] = text.trim().split('\r\n').map((line) => line.split(','));
    return Object.fromEntries(names.map((name, place) => [name, fields[place]]));
}

/** Opens a master's page where the model is tried, after two rounds. */
async function with_trained(options, body) {
    const master = await start_master({ workers: 1, options: ['--autostart'], ...options });
    try {
        const { page, errors, foreign } = await open_page(browser, master.url);
        const helpers = make_helpers(page);
        await page.goto(master.url);
        await helpers.in_phase('finished');
        await helpers.by('try-button').click();
        await helpers.by('try-model').waitFor();
        await body({ master, page, ...helpers });
        assert.deepEqual([errors, foreign], [[], []]);
        await page.context().close();
    } finally {
        await master.end();
    }
}

/** Waits until the page has asked and shows an answer; gives it. Nothing may be asked for when it begins. */
async function said_after(page, by, action) {
    const answered = page.waitForResponse((response) => response.url().endsWith('/predict') && response.ok());
    await action();
    const told = await (await answered).json();
    await by('try-prediction')
        .filter({ hasText: String(told.prediction).slice(0, 4) })
        .waitFor()
        .catch(async (error) => assert.fail(`${error}: the page says '${await page.locator('.try').innerText()}'`));
    return told;
}

async function assert_shown(page, by, row) {
    for (const name of Object.keys(row).filter((key) => !['file', 'line', 'sample', 'prediction'].includes(key))) {
        await by('try-outputs').locator('li', { hasText: name }).locator(`[data-value="${Number(row[name])}"]`).waitFor();
    }
    assert.equal(await by('try-prediction').innerText(), row.prediction);
}

function table(folder) {
    const lines = ['size,shade,kind'];
    for (let at = 0; at < 300; at += 1) {
        const size = (at * 37) % 100;
        const shade = ['red', 'green', 'blue'][at % 3];
        lines.push(`${size},${shade},${size + (shade === 'blue' ? 40 : 0) > 60 ? 'large' : 'small'}`);
    }
    const file = path.join(folder, 'table.csv');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return {
        name: 'sizes',
        rounds: 2,
        clients: 2,
        model: {
            layers: [
                { type: 'dense', units: 8, activation: 'relu' },
                { type: 'dense', units: 2, activation: 'softmax' },
            ],
        },
        data: { source: { type: 'csv', label: 'kind', train: file }, partition: { scheme: 'iid' } },
        local: { epochs: 2, batch_size: 8, optimizer: { type: 'sgd', learning_rate: 0.1 } },
    };
}

step('a row that is typed in', () =>
    with_trained({ plan: table }, async ({ master, page, by }) => {
        const field = (name) => by('try-form').locator(`[data-column="${name}"]`);
        // At once, of a row that has nothing.
        await by('try-prediction').waitFor();
        await said_after(page, by, () => field('size').fill('85.5'));
        const told = await said_after(page, by, () => field('shade').selectOption('green'));
        assert.deepEqual([told.round, told.model], [2, null]);
        const file = path.join(master.folder, 'row.csv');
        await writeFile(file, 'shade,size\ngreen,85.5\n');
        const row = predict(master, file);
        await assert_shown(page, by, row);
        await by('try-card').filter({ hasText: 'round 2' }).waitFor();
        await look(page, 'try-row');
        await field('size').fill('much');
        await by('try-problem').filter({ hasText: "column 'size': 'much'" }).waitFor();
        await said_after(page, by, () => field('size').fill('-3'));
        const saved = await said_after(page, by, () => by('try-model').selectOption('last'));
        assert.equal(saved.model, 'last');
        await by('try-button').click();
        await by('try-form').waitFor({ state: 'detached' });
    }),
);

step('a picture that is drawn, chosen or dropped', () =>
    with_trained({ plan: { rounds: 2 } }, async ({ master, page, by }) => {
        const pad = by('try-pad');
        await pad.scrollIntoViewIfNeeded();
        const box = await pad.boundingBox();
        const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
        await page.mouse.move(...at(0.1, 0.1));
        await page.mouse.down();
        await page.mouse.move(...at(0.4, 0.4), { steps: 4 });
        await page.mouse.move(...at(0.2, 0.4));
        await page.mouse.up();
        await by('try-prediction').waitFor();
        // Each stroke is asked about: the last answer is of what the model is shown in the end.
        const seen = await by('try-picture')
            .locator('.try-seen')
            .evaluate((canvas) => [canvas.width, canvas.height, canvas.getContext('2d').getImageData(1, 1, 1, 1).data[0], canvas.toDataURL()]);
        assert.deepEqual(seen.slice(0, 2), [8, 8]);
        assert.ok(seen[2] > 100, 'the stroke is in the sample');
        const bytes = Buffer.from(seen[3].split(',')[1], 'base64');
        const file = path.join(master.folder, 'drawn.png');
        await writeFile(file, bytes);
        const row = predict(master, file);
        await assert_shown(page, by, row);
        await look(page, 'try-drawing');

        // The same by keys.
        await by('try-clear').click();
        await by('try-prediction').waitFor({ state: 'detached' });
        await pad.focus();
        await said_after(page, by, () => page.keyboard.press(' ')); // a dot
        const keyed = await said_after(page, by, () => page.keyboard.press('ArrowDown'));
        assert.equal(keyed.outputs.length, 4);
        await page.keyboard.press('Delete');
        await by('try-prediction').waitFor({ state: 'detached' });

        await by('try-file').setInputFiles(file);
        await assert_shown(page, by, row);
        await by('try-file').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('GIF89a') });
        await by('try-problem').filter({ hasText: 'is a GIF image: convert it' }).waitFor();
        await by('try-clear').click();
        await by('try-prediction').waitFor({ state: 'detached' });
        const data = await page.evaluateHandle((content) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(content)], 'drawn.png', { type: 'image/png' }));
            return transfer;
        }, [...bytes]);
        await by('try-picture').dispatchEvent('drop', { dataTransfer: data });
        await assert_shown(page, by, row);
    }),
);

step('what was erased or replaced is not asked about', () =>
    with_trained({ plan: { rounds: 2 } }, async ({ page, by }) => {
        const white = await page.evaluate(() => {
            const canvas = document.createElement('canvas');
            const to = canvas.getContext('2d');
            to.fillStyle = '#fff';
            to.fillRect(0, 0, canvas.width, canvas.height);
            return canvas.toDataURL().split(',')[1];
        });
        const picture = Buffer.from(white, 'base64');
        const choose = () =>
            said_after(page, by, () => by('try-file').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: picture }));
        // Drawings are packed when this test wants it, into what is no picture.
        await page.evaluate(() => {
            window.held = [];
            window.late = 0;
            HTMLCanvasElement.prototype.toBlob = (tell) => void window.held.push(() => void tell(new Blob(['late'])));
            const ask = window.fetch;
            window.fetch = (to, how) => {
                window.late += how?.body instanceof Blob && how.body.size === 4 ? 1 : 0;
                return ask(to, how);
            };
        });
        const late = () => page.evaluate(() => window.late);
        const draw = async () => {
            await by('try-pad').focus();
            await page.keyboard.press(' ');
            await page.keyboard.press('ArrowDown');
            assert.ok(await page.evaluate(() => window.held.length > 0));
        };
        const let_go = () => page.evaluate(() => Promise.all(window.held.splice(0).map((tell) => tell())));
        await draw();
        await by('try-clear').click();
        await let_go();
        await choose(); // questions are asked one after the other
        assert.equal(await late(), 0, 'after Clear');
        await draw();
        await choose();
        await let_go();
        await choose();
        assert.equal(await late(), 0, 'after a file');
        // The file is what the model is shown, not what was drawn before it, nor an empty pad.
        await by('try-centred').click();
        assert.equal(await page.evaluate(() => window.held.length), 0);
        await by('try-clear').click();
        await by('try-centred').click();
        assert.equal(await page.evaluate(() => window.held.length), 0);
        await draw();
        await by('try-button').click();
        await by('try-pad').waitFor({ state: 'detached' });
        await let_go();
        await by('try-button').click();
        await by('try-pad').waitFor();
        await choose();
        assert.equal(await late(), 0, 'after the panel was closed');
        await draw();
        await let_go();
        await by('try-problem').filter({ hasText: 'the picture' }).waitFor();
        assert.ok((await late()) > 0);

        // Nor is a file shown that was decoded after it was taken away.
        const seen = () =>
            by('try-picture')
                .locator('.try-seen')
                .evaluate((canvas) => canvas.getContext('2d').getImageData(1, 1, 1, 1).data[3]);
        await page.evaluate(() => {
            const decode = window.createImageBitmap;
            window.createImageBitmap = (file) => new Promise((tell) => window.held.push(async () => tell(await decode(file))));
        });
        await choose();
        await by('try-clear').click();
        await let_go();
        assert.equal(await seen(), 0);
        await choose();
        await let_go();
        assert.equal(await seen(), 255);
    }),
);

step('what a trainer of one’s own reads cannot be tried', async () => {
    const data = { source: { type: 'trainer' }, partition: { scheme: 'local' } };
    const master = await start_master({ workers: 0, options: ['--min-workers', '1'], plan: { data, clients: 1 } });
    try {
        const { page, errors } = await open_page(browser, master.url);
        const { by } = make_helpers(page);
        await page.goto(master.url);
        await by('try-button').click();
        await by('try-none').filter({ hasText: 'reads the data' }).waitFor();
        assert.equal(await by('try-picture').count(), 0);
        assert.deepEqual(errors, []);
        await page.context().close();
    } finally {
        await master.end();
    }
});
