import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get_json, why } from '../api';
import { count, fixed, missing, percent } from '../format';
import { param, set_params } from '../route';
import { data, opened, rounds, status } from '../store';
import { forget_sample, prediction, problem, tried_model, try_again, type Prediction } from '../tried';
import { TryPicture } from './try_picture';
import { TryRow } from './try_row';

/** What the page needs of a plan. */
interface Planned {
    /** `input` of images. */
    model: { input?: number[]; arrays?: string; from?: string };
    data: { source: { type: string } };
}

/** Milliseconds between two questions about the same sample while rounds go by. */
const pace = 1000;

/** The model says at once what it makes of a row that is typed in, or of a picture. */
export function TryModel() {
    const is_open = param('try') === '1';
    if (opened.value !== null) {
        return null;
    }
    return (
        <section class="card" aria-labelledby="try-title" data-testid="try-card">
            <div class="card-head">
                <h2 id="try-title">Try the model</h2>
                <button
                    type="button"
                    data-testid="try-button"
                    aria-expanded={is_open}
                    onClick={() => set_params({ try: is_open ? null : '1' }, 'push')}
                >
                    {is_open ? 'Close' : 'Try it'}
                </button>
            </div>
            {is_open && <Panel />}
        </section>
    );
}

function Panel() {
    const known = status.value!;
    const plan = useSignal<Planned | string | null>(null);
    useEffect(() => {
        forget_sample();
        void get_json<Planned>('plan').then(
            (read) => (plan.value = read),
            (error: unknown) => (plan.value = why(error)),
        );
        return forget_sample;
    }, [known.run]);
    const round = rounds.value.at(-1)?.round;
    useEffect(() => {
        const timer = setTimeout(try_again, prediction.peek()?.round === round ? 0 : pace);
        return () => clearTimeout(timer);
    }, [round]);
    const { value } = plan;
    if (value === null || typeof value === 'string') {
        return <p class="hint">{value ?? 'Reading the plan…'}</p>;
    }
    const is_trainers_own = value.model.arrays !== undefined || value.model.from !== undefined;
    if (is_trainers_own || value.data.source.type === 'trainer') {
        return (
            <p class="hint" data-testid="try-none">
                {is_trainers_own
                    ? 'The network is a trainer’s own: the master knows its arrays alone and cannot apply it.'
                    : 'A trainer of one’s own reads the data, and the master does not know how it makes inputs of it.'}{' '}
                Load the model in Python with <code>fedasio.load_model</code>.
            </p>
        );
    }
    const [height = 1, width = 1, channels = 1] = value.model.input ?? [];
    const is_table = value.data.source.type === 'csv';
    return (
        <>
            <p class="tools">
                <label class="check">
                    Model{' '}
                    <select
                        data-testid="try-model"
                        value={tried_model.value}
                        onChange={(event) => {
                            tried_model.value = event.currentTarget.value;
                            try_again();
                        }}
                    >
                        <option value="">the global model</option>
                        {known.models.map((name) => (
                            <option key={name} value={name}>
                                {name}
                            </option>
                        ))}
                    </select>
                </label>
            </p>
            <div class="try">
                {!is_table ? (
                    <TryPicture height={height} width={width} is_grey={channels === 1} />
                ) : data.value === null ? (
                    <p class="hint">The columns come with the data.</p>
                ) : (
                    <TryRow data={data.value} />
                )}
                <Said />
            </div>
        </>
    );
}

function Said() {
    const said = prediction.value;
    return (
        <div class="try-said">
            <p role="status" data-testid="try-problem" class={problem.value === null ? 'hidden' : 'wrong-text'}>
                {problem.value}
            </p>
            {said !== null && <Answer said={said} />}
        </div>
    );
}

/** With more classes than this the likeliest are shown. */
const most_bars = 12;

function Answer({ said }: { said: Prediction }) {
    const of = said.model === null ? `round ${count(said.round)}` : `${said.model}, round ${count(said.round)}`;
    const outputs = said.outputs ?? [];
    const shown =
        outputs.length <= most_bars
            ? outputs
            : [...outputs].sort((a, b) => (b.value ?? 0) - (a.value ?? 0)).slice(0, most_bars);
    return (
        <>
            <p>
                {said.label !== undefined && `${said.label}: `}
                <b class="try-prediction" data-testid="try-prediction">
                    {typeof said.prediction === 'number' ? String(Number(said.prediction.toPrecision(6))) : (said.prediction ?? missing)}
                </b>{' '}
                <small>{of}</small>
            </p>
            <ul class="bars" data-testid="try-outputs">
                {shown.map(({ class: name, value }) => (
                    <li key={name} class={name === said.prediction ? 'bar-first' : undefined}>
                        <span class="bar-name">{name}</span>
                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                            <rect class="meter-all" width="100" height="8" />
                            <rect class="meter-part" width={100 * Math.min(1, Math.max(0, value ?? 0))} height="8" />
                        </svg>
                        <span class="bar-value" data-value={value}>
                            {said.probabilities === true ? percent(value) : fixed(value, 3)}
                        </span>
                    </li>
                ))}
            </ul>
            {shown.length < outputs.length && (
                <p class="hint">
                    The likeliest {most_bars} of {count(outputs.length)} classes.
                </p>
            )}
        </>
    );
}
