// A plan, its schema and its check, as far as a page needs them to be looked at.

const integer = (text, more = {}) => ({ type: 'integer', text, ...more });
const number = (text, more = {}) => ({ type: 'number', text, ...more });

const activation = {
    type: 'string',
    text: 'what follows the layer',
    default: 'linear',
    choices: ['linear', 'relu', 'tanh', 'sigmoid', 'softmax'],
};

export const schema = {
    type: 'object',
    text: 'a plan',
    keys: {
        name: { type: 'string', text: 'shown on the dashboard and in reports' },
        seed: integer('decides every random number', { default: 1, minimum: 0 }),
        model: {
            type: 'object',
            text: 'the network',
            required: true,
            keys: {
                input: { type: 'array', text: 'shape of one sample, or "auto"', default: 'auto' },
                layers: {
                    type: 'array',
                    text: 'in order, the output last',
                    required: true,
                    items: {
                        type: 'object',
                        text: 'one layer',
                        tag: 'type',
                        variants: {
                            dense: {
                                units: integer('outputs', { required: true, minimum: 1, maximum: 1048576 }),
                                activation,
                            },
                            flatten: {},
                            dropout: {
                                rate: number('share of values set to 0', { required: true, minimum: 0, below: 1 }),
                            },
                        },
                        variant_texts: {
                            dense: 'every output is connected to every input',
                            flatten: 'image to flat list',
                            dropout: 'sets a share of the values to 0 in training',
                        },
                    },
                },
                loss: {
                    type: 'string',
                    text: 'what is made small',
                    default: 'cross_entropy',
                    choices: ['cross_entropy', 'mean_squared_error'],
                },
            },
        },
        data: { type: 'object', text: 'the samples', required: true, keys: {} },
        clients: integer('into how many owners the data is divided', { minimum: 0, maximum: 1000000, default: 0 }),
        local: {
            type: 'object',
            text: 'what a client does in a round',
            keys: {
                epochs: integer('passes over the samples', { default: 1, minimum: 1, maximum: 1000000 }),
                batch_size: integer('samples in a step', { default: 32, minimum: 1, maximum: 65536 }),
                optimizer: {
                    type: 'object',
                    text: 'how a step is taken',
                    tag: 'type',
                    short: true,
                    keys: {
                        type: { type: 'string', text: 'which', default: 'sgd', choices: ['sgd', 'adam'] },
                        learning_rate: number('length of a step', { default: 0.1, above: 0, maximum: 1000000 }),
                    },
                    variants: {
                        sgd: { momentum: number('of steps', { default: 0, minimum: 0, below: 1 }) },
                        adam: { epsilon: number('keeps steps finite', { default: 1e-7, above: 0 }) },
                    },
                },
            },
        },
        fraction: number('share of the clients that trains in a round', { default: 1, above: 0, maximum: 1 }),
        rounds: integer('how many rounds', { required: true, minimum: 1, maximum: 1e9 }),
        target_accuracy: number('training ends early when it is reached', { default: null, above: 0, maximum: 1 }),
        deadline: number('longest time for each step of a round', { default: 600, minimum: 0.001 }),
        checkpoint_every: integer('rounds between checkpoints', { default: 5, minimum: 0 }),
    },
};

export function make_plan(name, rounds, clients, fraction, regression, rate = 0.1) {
    return {
        name,
        seed: 1,
        model: {
            input: [28, 28],
            layers: [
                { type: 'flatten' },
                { type: 'dense', units: 200, activation: 'relu' },
                { type: 'dense', units: regression ? 1 : 10, activation: regression ? 'linear' : 'softmax' },
            ],
            loss: regression ? 'mean_squared_error' : 'cross_entropy',
        },
        data: {
            source: { type: 'idx', train_images: 'train-images.gz', train_labels: 'train-labels.gz' },
            partition: { scheme: 'dirichlet', alpha: 0.5 },
        },
        clients,
        local: { epochs: 1, batch_size: 32, optimizer: { type: 'sgd', learning_rate: rate } },
        fraction,
        rounds,
        target_accuracy: regression ? null : 0.86,
        deadline: 600,
        checkpoint_every: 5,
    };
}

function place(text, at) {
    const before = text.slice(0, at).split('\n');
    return { line: before.length, column: Buffer.byteLength(before.at(-1)) + 1 };
}

export function check_plan(text, digest) {
    // Comments and trailing commas become spaces, so that places stay.
    const plain = text
        .replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g, (all, string) => string ?? ' '.repeat(all.length))
        .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (all, string) => string ?? ' ');
    let plan;
    try {
        plan = JSON.parse(plain);
    } catch (error) {
        const at = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length);
        return { ok: false, ...place(text, at), path: '', message: 'not JSON: something is missing or too much here' };
    }
    const wrong = (path, message) => {
        const at = text.indexOf(`"${path.split('.').at(-1)}"`);
        return { ok: false, ...(at < 0 ? { line: null, column: null } : place(text, at)), path, message };
    };
    const unknown = Object.keys(plan).find((key) => !(key in schema.keys));
    if (unknown !== undefined) {
        return wrong(unknown, `unknown key "${unknown}"`);
    }
    if (!Number.isInteger(plan.rounds) || plan.rounds < 1) {
        return wrong('rounds', 'must be a whole number, 1 to 1000000000');
    }
    const type = plan.local?.optimizer?.type;
    if (type !== undefined && !['sgd', 'adam'].includes(type)) {
        return wrong('local.optimizer.type', 'must be "sgd" or "adam"');
    }
    return { ok: true, plan_digest: digest(JSON.stringify(plan)), plan };
}
