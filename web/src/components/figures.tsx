import { useEffect } from 'preact/hooks';
import { count, fixed, loss, percent, plural } from '../format';
import { best_of, compare_with, type Comparison } from '../models/comparison';
import { difference } from '../models/health';
import { time_left } from '../models/time_left';
import type { Round } from '../protocol/run';
import { href } from '../route';
import { read_runs, runs } from '../runs';
import { is_regression, people, rounds, state, status } from '../store';
import { Sparkline } from './sparkline';

/** The run in a few numbers: how good, against what was before, and how long yet. */
export function Figures() {
    const known = status.value!;
    const list = rounds.value;
    const last = list.at(-1);
    useEffect(() => {
        if (known.state_dir) {
            void read_runs();
        }
    }, [known.run, known.state_dir, state.value?.training]);
    return (
        <dl class="figures">
            {is_regression.value ? <ErrorFigures list={list} last={last} /> : <AccuracyFigures list={list} last={last} />}
            <LossFigure list={list} last={last} />
            <TimeFigure />
            <People />
        </dl>
    );
}

interface Of {
    list: readonly Round[];
    last: Round | undefined;
}

function AccuracyFigures({ list, last }: Of) {
    const target = status.value!.target_accuracy;
    const best = best_of(list, 'test_accuracy', true);
    const previous = against(list, 'previous');
    const against_best = against(list, 'best');
    const reached = target !== null && (best?.value ?? 0) >= target;
    return (
        <>
            <Figure
                name="Test accuracy"
                test_id="test-accuracy"
                value={percent(last?.test_accuracy)}
                values={list.map((round) => round.test_accuracy)}
                note={partly(last) ?? previous ?? against_best}
                more={(partly(last) ?? previous) !== null && against_best}
            />
            <Figure
                name="Best"
                value={percent(best?.value)}
                note={
                    best === null
                        ? ''
                        : `in round ${best.round}${target === null ? '' : `, target ${percent(target)}${reached ? ' reached' : ''}`}`
                }
                more={
                    typeof last?.test_auc === 'number' && (
                        <>
                            AUC <b data-testid="test-auc">{fixed(last.test_auc, 3)}</b> in round {last.round}
                        </>
                    )
                }
            />
            {typeof last?.personal_accuracy === 'number' && (
                <Figure
                    name="Personal accuracy"
                    test_id="personal-accuracy"
                    value={percent(last.personal_accuracy)}
                    note={`${difference('test_accuracy', last.personal_accuracy - (last.test_accuracy ?? NaN))} to the global model`}
                    values={list.map((round) => round.personal_accuracy ?? null)}
                    more={`each of ${plural(last.personal_clients ?? 0, 'client')} with a model of its own`}
                />
            )}
        </>
    );
}

function ErrorFigures({ list, last }: Of) {
    const best = best_of(list, 'test_rmse', false);
    return (
        <>
            <Figure
                name="Test error (RMSE)"
                test_id="test-rmse"
                value={loss(last?.test_rmse)}
                values={list.map((round) => round.test_rmse ?? null)}
                note={partly(last) ?? `MAE ${loss(last?.test_mae)}`}
                more={best === null ? '' : `best ${loss(best.value)} in round ${best.round}`}
            />
            <Figure
                name="R²"
                test_id="test-r2"
                value={fixed(last?.test_r2, 3)}
                values={list.map((round) => round.test_r2 ?? null)}
                note={typeof last?.personal_loss === 'number' ? `personal models: loss ${loss(last.personal_loss)}` : ''}
            />
        </>
    );
}

function LossFigure({ list, last }: Of) {
    const is_tested = typeof last?.test_loss === 'number';
    const gap =
        typeof last?.train_accuracy === 'number' && typeof last.test_accuracy === 'number'
            ? `train − test ${difference('test_accuracy', last.train_accuracy - last.test_accuracy)}`
            : typeof last?.train_loss === 'number' && is_tested
              ? `test − train ${difference('test_loss', last.test_loss! - last.train_loss)}`
              : '';
    return (
        <Figure
            name={is_tested || last === undefined ? 'Test loss' : 'Training loss'}
            value={loss(is_tested ? last.test_loss : last?.train_loss)}
            values={list.map((round) => (is_tested ? round.test_loss : round.train_loss))}
            note={(is_regression.value && against(list, 'previous')) || (is_tested ? `train ${loss(last.train_loss)}` : '')}
            more={(is_regression.value && against(list, 'best')) || gap}
        />
    );
}

function TimeFigure() {
    const known = status.value!;
    const training = state.value?.training === true;
    const left = training ? time_left(rounds.value, known.last_round, known.target_accuracy !== null) : '';
    const open = Math.max(0, known.last_round - (rounds.value.at(-1)?.round ?? 0));
    return (
        <Figure
            name="Rounds"
            value={count(rounds.value.at(-1)?.round ?? 0)}
            note={open > 0 ? `${count(open)} to go` : ''}
            more={left}
        />
    );
}

function People() {
    const known = status.value!;
    const gone = people.value.filter((worker) => worker.state === 'gone').length;
    const homeless = known.clients_planned - known.clients;
    return (
        <Figure
            name="Clients"
            value={count(known.clients)}
            note={
                homeless > 0 && known.clients > 0
                    ? `${count(homeless)} without a worker`
                    : `${count(known.clients_per_round || known.clients_planned)} a round`
            }
            more={`${plural(known.workers, 'worker')}${gone > 0 ? `, ${count(gone)} gone` : ''}`}
        />
    );
}

/** The best so far against another run of the plan's name; null without one. */
function against(list: readonly Round[], side: keyof Comparison) {
    const known = status.value!;
    const by = is_regression.value ? 'test_loss' : 'test_accuracy';
    const found = compare_with(runs.value ?? [], known, list, by)?.[side] ?? null;
    return found === null ? null : (
        <a
            data-testid={`against-${side}`}
            title={`Its best against that of the ${side === 'best' ? 'best other run' : 'run before'}`}
            href={href('history', { runs: `${known.run},${found.run}` })}
        >
            {difference(by, found.change)}{' '}
            {state.value?.training === true
                ? `so far vs. ${side === 'best' ? 'best' : 'last'}`
                : `vs. ${side === 'best' ? 'best other run' : 'run before'}`}
        </a>
    );
}

/** What a number is worth that not all clients made. */
function partly(round: Round | undefined): string | null {
    return round?.test_partial === true ? 'without some of the clients' : null;
}

interface FigureProps {
    name: string;
    value: string;
    note: preact.ComponentChildren;
    test_id?: string;
    more?: preact.ComponentChildren;
    values?: readonly (number | null)[];
}

function Figure({ name, value, note, test_id, more, values }: FigureProps) {
    return (
        <div class="figure">
            <dt>{name}</dt>
            <dd>
                <strong data-testid={test_id}>{value}</strong>
                {values !== undefined && <Sparkline values={values} look="test" />}
            </dd>
            <dd class="figure-note">{note}</dd>
            <dd class="figure-note">{more}</dd>
        </div>
    );
}
