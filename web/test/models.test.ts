import { describe, expect, it } from 'vitest';
import { class_results, shares } from '../src/models/confusion';
import { bias, half_within, residuals, rows_of } from '../src/models/residuals';
import { controls, obstacles, type Situation } from '../src/models/controls';
import { csv } from '../src/models/csv';
import { align, elapsed } from '../src/models/curves';
import { place_of } from '../src/models/lines';
import { level_of, passes, subject_of } from '../src/models/log_entry';
import { oddities } from '../src/models/oddities';
import { compare_plans } from '../src/models/plan_diff';
import { plan_text } from '../src/models/plan_text';
import { matches, sort_rows, visible_rows, whole_word } from '../src/models/rows';
import { smooth } from '../src/models/smoothing';
import { phases } from '../src/protocol/run';
import { type Event } from '../src/protocol/stream';
import { event, round, worker } from './samples';

describe('smooth', () => {
    it('is the values themselves without weight', () => {
        expect(smooth([1, null, 3], 0)).toEqual([1, null, 3]);
    });

    it('is not pulled to zero at the start, and keeps gaps', () => {
        const smoothed = smooth([4, 4, null, 4], 0.9);
        expect(smoothed.map((value) => value && Number(value.toFixed(9)))).toEqual([4, 4, null, 4]);
        expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3, 12);
    });
});

describe('curves', () => {
    it('counts time from the start of the first round, and never backwards', () => {
        const rounds = [round(1, { time: 100, seconds: { training: 4 } }), round(2, { time: 107 }), round(3, { time: 105 })];
        expect(elapsed(rounds)).toEqual([4, 11, 11]);
        expect(elapsed([])).toEqual([]);
    });

    it('aligns columns with places of their own', () => {
        expect(
            align([
                { x: [1, 2, 4], y: [10, null, 40] },
                { x: [2, 3], y: [200, 300] },
            ]),
        ).toEqual({
            x: [1, 2, 3, 4],
            y: [
                [10, null, null, 40],
                [null, 200, 300, null],
            ],
        });
    });
});

describe('residuals', () => {
    // Bins of width 2 from 10 on.
    const with_cells = (...cells: [number, number, number][]) => ({ label: 'y', low: 10, width: 2, bins: 24, cells });

    it('has the highest predictions above, and the lowest true values at the left', () => {
        const rows = rows_of(with_cells([0, 23, 5], [3, 1, 2]));
        expect(rows[0]![0]).toBe(5);
        expect(rows[22]![3]).toBe(2);
        expect(rows.flat().reduce((sum, value) => sum + value)).toBe(7);
    });

    it('counts by what the prediction is too high', () => {
        expect(residuals([[5, 5, 4], [5, 4, 1], [9, 12, 2], [6, 6, 3]])).toEqual([
            [-3, 0],
            [-2, 0],
            [-1, 0.1],
            [0, 0.7],
            [1, 0],
            [2, 0],
            [3, 0.2],
        ]);
        expect(residuals([[5, 5, 4]])).toHaveLength(5);
    });

    it('knows how near half of the predictions are at least', () => {
        expect(half_within(with_cells([5, 5, 5], [5, 9, 5]))).toBe(2);
        expect(half_within(with_cells([5, 5, 4], [9, 5, 6]))).toBe(10);
        // What lies at an open end may be off by any amount.
        expect(half_within(with_cells([5, 5, 4], [0, 0, 6]))).toBeUndefined();
        expect(half_within(with_cells([5, 5, 4], [22, 23, 6]))).toBeUndefined();
        expect(half_within(with_cells([1, 1, 4], [22, 22, 4]))).toBe(2);
    });

    it('says from where on predictions are too low or too high', () => {
        const short = with_cells([5, 5, 9], [20, 20, 9], [21, 19, 9], [22, 23, 1], [23, 20, 9]);
        expect(bias(short, true)).toEqual({ side: -1, edge: 52 });
        expect(bias(short, false).side).toBe(0);
        const inward = with_cells([2, 4, 9], [3, 4, 9], [4, 4, 9], [20, 19, 9]);
        expect(bias(inward, false)).toEqual({ side: 1, edge: 18 });
        expect(bias(inward, true)).toEqual({ side: -1, edge: 50 });
        expect(bias(with_cells([5, 5, 9], [5, 6, 8]), true).side).toBe(0);
        expect(bias(with_cells([5, 9, 2]), true).side).toBe(0);
    });
});

describe('confusion', () => {
    const confusion = [
        [8, 2, 0],
        [1, 4, 0],
        [0, 0, 0],
    ];

    it('says how well each class is recognised', () => {
        const [cat, dog, cow] = class_results(['cat', 'dog', 'cow'], confusion);
        expect(cat).toMatchObject({ samples: 10, recall: 0.8, precision: 8 / 9, mistaken: { name: 'dog', samples: 2 } });
        expect(dog).toMatchObject({ recall: 0.8, precision: 4 / 6, mistaken: { name: 'cat', samples: 1 } });
        expect(cow).toEqual({ name: 'cow', samples: 0, recall: null, precision: null, mistaken: null });
    });

    it('shades by the share of a row', () => {
        expect(shares(confusion)[0]).toEqual([0.8, 0.2, 0]);
        expect(shares(confusion)[2]).toEqual([0, 0, 0]);
    });
});

describe('oddities', () => {
    const usual = Array.from({ length: 10 }, (_, client) => ({
        client,
        samples: 100,
        loss: 0.5 + client / 100,
        distance: 1 + client / 100,
        cosine: 0.8 + client / 100,
    }));

    it('are none among those who are alike', () => {
        expect(oddities(usual).size).toBe(0);
    });

    it('are not those with few samples, whose updates are short and unsteady by nature', () => {
        const sizes = [12, 15, 20, 40, 80, 160, 320, 640, 1000, 1500, 2000, 2500];
        const unequal = sizes.map((samples, client) => ({
            client,
            samples,
            loss: 0.5,
            distance: 0.05 * samples ** 0.6 * (1 + 0.05 * Math.sin(client)),
            cosine: 0.1 * Math.log(samples),
        }));
        expect([...oddities(unequal).keys()]).toEqual([]);
        const long = { ...unequal[1]!, client: 99, distance: 40 * unequal[1]!.distance };
        expect([...oddities([...unequal, long]).keys()]).toEqual([99]);
    });

    it('are found by each of the three numbers', () => {
        const odd = [
            { client: 90, samples: 100, loss: 5, distance: 1, cosine: 0.8 },
            { client: 91, samples: 100, loss: 0.5, distance: 9, cosine: 0.8 },
            { client: 92, samples: 100, loss: 0.5, distance: 0.1, cosine: 0.8 },
            { client: 93, samples: 100, loss: 0.5, distance: 1, cosine: -0.5 },
        ];
        expect([...oddities([...usual, ...odd]).keys()].sort()).toEqual([90, 91, 92, 93]);
        expect(oddities([...usual.slice(0, 2), ...odd.slice(0, 1)]).size).toBe(0);
    });

    it('are not those who learn well, or were not measured', () => {
        const good = { client: 90, samples: 100, loss: 0.01, distance: 1, cosine: 1 };
        const unknown = { client: 91, samples: 100, loss: null, distance: null, cosine: null };
        expect(oddities([...usual, good, unknown]).size).toBe(0);
    });
});

describe('rows', () => {
    it('sorts numbers and names, nothing last either way, and keeps the order of equals', () => {
        const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 2 }];
        expect(sort_rows(rows, (row) => row.n, false).map((row) => row.n)).toEqual([2, 2, 10, null]);
        expect(sort_rows(rows, (row) => row.n, true).map((row) => row.n)).toEqual([10, 2, 2, null]);
        expect(sort_rows(rows, (row) => row.n, false)[0]).toBe(rows[0]);
        expect(sort_rows(['w-10', 'w-9'], (row) => row, false)).toEqual(['w-9', 'w-10']);
    });

    it('matches all words', () => {
        expect(matches('READY 12', 'worker 12 ready')).toBe(true);
        expect(matches('ready 13', 'worker 12 ready')).toBe(false);
        expect(matches('', 'anything')).toBe(true);
    });

    it('matches as a whole what stands in quotes', () => {
        expect(matches(whole_word('ward-1'), 'client 3 ward-1 idle')).toBe(true);
        expect(matches(whole_word('ward-1'), 'client 3 ward-12 idle')).toBe(false);
        expect(matches('"north hall" idle', 'client 3 north hall idle')).toBe(true);
        // While it is typed.
        expect(matches('"war', 'client 3 "war')).toBe(true);
    });

    it('shows a few of very many', () => {
        expect(visible_rows(10_000, 30, 3000, 300, 5)).toEqual([95, 115]);
        expect(visible_rows(3, 30, 0, 300)).toEqual([0, 3]);
        expect(visible_rows(3, 30, 9000, 300)).toEqual([3, 3]);
    });
});

describe('compare_plans', () => {
    it('goes through keys of all plans, in order, into objects and arrays of objects', () => {
        const rows = compare_plans([
            { rounds: 3, model: { input: [28, 28], layers: [{ type: 'flatten' }] } },
            { rounds: 4, model: { input: [28, 28], layers: [{ type: 'dense' }] }, seed: 1 },
        ]);
        expect(rows).toEqual([
            { path: 'rounds', values: ['3', '4'], differs: true },
            { path: 'model.input', values: ['[28, 28]', '[28, 28]'], differs: false },
            { path: 'model.layers.0.type', values: ['"flatten"', '"dense"'], differs: true },
            { path: 'seed', values: [null, '1'], differs: true },
        ]);
    });
});

describe('csv', () => {
    it('quotes what needs it, and leaves nothing empty', () => {
        expect(csv(['a', 'b'], [[1.5, null], ['x,"y"\n', '=1+1']])).toBe(
            'a,b\r\n1.5,\r\n"x,""y""\n",\'=1+1\r\n',
        );
        expect(csv(['a'], [[-1.5]])).toBe('a\r\n-1.5\r\n');
    });
});

describe('plan_text', () => {
    it('opens what is long, and reads back as it was', () => {
        const plan = {
            name: 'a',
            model: {
                layers: [
                    { type: 'dense', units: 200, activation: 'relu', initializer: 'glorot' },
                    { type: 'dense', units: 10, activation: 'softmax' },
                ],
            },
            list: [],
        };
        const text = plan_text(plan);
        expect(JSON.parse(text)).toEqual(plan);
        expect(text).toContain('      {"type": "dense", "units": 10, "activation": "softmax"}\n');
        expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100);
    });
});

describe('place_of', () => {
    it('counts lines from 1, and columns in bytes', () => {
        const text = 'ab\n"ü": 1\nx';
        expect(place_of(text, 1, 1)).toBe(0);
        expect(place_of(text, 2, 1)).toBe(3);
        expect(text[place_of(text, 2, 5)]).toBe(':');
        expect(place_of(text, 2, 99)).toBe(9);
        expect(place_of(text, 9, 1)).toBe(text.length);
    });
});

describe('log entries', () => {
    const dropped = event(1, 'client_dropped', { round: 3, client: 4, worker: 2, reason: 'lost', detail: '' }) as Event;
    const joined = event(2, 'worker_joined', { worker: worker(7) }) as Event;
    const done = event(3, 'round_finished', { result: round(5) }) as Event;
    const failed = event(4, 'notice', { level: 'error', text: 'No space left' }) as Event;
    const phase = event(5, 'phase', { phase: 'training', round: 0 }) as Event;

    it('know their level and what they are about', () => {
        expect([dropped, joined, done, failed, phase].map(level_of)).toEqual([
            'warning',
            'info',
            'info',
            'error',
            'detail',
        ]);
        expect(subject_of(dropped)).toEqual({ round: 3, worker: 2, client: 4 });
        expect(subject_of(joined)).toEqual({ round: null, worker: 7, client: null });
        expect(subject_of(done).round).toBe(5);
        expect(subject_of(phase).round).toBeNull();
    });

    it('pass by level, worker and text', () => {
        const all = { level: 'detail', worker: null, text: '' } as const;
        const chosen = (filter: object) =>
            [dropped, joined, done, failed, phase].filter((one) => passes(one, { ...all, ...filter }));
        expect(chosen({})).toHaveLength(5);
        expect(chosen({ level: 'warning' })).toEqual([dropped, failed]);
        expect(chosen({ worker: 2 })).toEqual([dropped]);
        expect(chosen({ text: 'no SPACE' })).toEqual([failed]);
    });
});

describe('controls', () => {
    const idle: Situation = {
        phase: 'finished',
        pausing: false,
        stopping: false,
        training: false,
        models: 1,
        role: 'operator',
        live: true,
    };
    const open = (situation: Partial<Situation>) => {
        const found = obstacles({ ...idle, ...situation });
        return controls.filter((control) => found[control] === null);
    };
    const always = ['save', 'change', 'evict'];

    it('are right in every phase', () => {
        for (const phase of phases) {
            const running = !['waiting', 'finished', 'failed'].includes(phase);
            const expected = running
                ? [...(phase === 'paused' ? ['resume'] : ['pause']), 'stop', 'stop_now', ...always]
                : ['train', 'load', 'start', ...always];
            expect(open({ phase, training: running }).sort(), phase).toEqual(expected.sort());
        }
    });

    it('let a training that waits for workers be paused and stopped', () => {
        expect(open({ phase: 'waiting', training: true })).toEqual(
            expect.arrayContaining(['pause', 'resume', 'stop', 'stop_now']),
        );
    });

    it('let a stop that waits for the round be made immediate, and not asked again', () => {
        const found = open({ phase: 'training', training: true, stopping: true });
        expect(found).toContain('stop_now');
        expect(found).not.toContain('stop');
    });

    it('let a pause that is asked for be taken back', () => {
        const found = open({ phase: 'training', training: true, pausing: true });
        expect(found).toContain('resume');
        expect(found).not.toContain('pause');
    });

    it('need something to load', () => {
        expect(open({ models: 0 })).not.toContain('load');
    });

    it('are none for a viewer, and each says why', () => {
        expect(open({ role: 'viewer' })).toEqual([]);
        expect(obstacles({ ...idle, role: 'viewer', live: false }).train).toMatch(/viewer/);
    });

    it('are none while the master does not answer', () => {
        expect(open({ live: false })).toEqual([]);
        expect(obstacles({ ...idle, live: false }).train).toMatch(/does not answer/);
    });
});
