import { useMemo } from 'preact/hooks';
import { count, loss, percent } from '../format';
import { beat } from '../late';
import type { Spread } from '../models/fairness';
import { journal } from '../past';
import { href } from '../route';
import { clients, rounds, state } from '../store';
import { read_spreads, with_past } from '../spreads';
import { Chart } from './chart';
import { set_zoom, zoom } from './chart_tools';
import { worker_name } from './client_table';
import { DataTable } from './data_table';
import { loss_tick, percent_steps, percent_tick } from './ticks';
import { use_near } from './use_near';

/** How the model's results are spread over the clients that test it: whether it serves all of them. */
export function Fairness() {
    const list = rounds.value;
    const { status: known, instance } = state.value!;
    // What is far down need not be read before somebody comes near.
    const is_tested = list.some((round) => (round.test_clients ?? 0) > 1);
    const card = use_near<HTMLElement>(() => {
        if (known.state_dir) {
            void read_spreads(known.run, instance);
        }
    }, [known.run, known.state_dir, is_tested, instance]);
    void beat.value;
    const spreads = with_past(known.run, journal.spreads);
    const last = spreads.at(-1);
    const curves = useMemo(() => columns(spreads, list), [spreads.length, last, list]);
    if (last === undefined) {
        return is_tested && known.state_dir ? (
            <section ref={card} class="card fairness-to-come">
                <h2>Fairness</h2>
            </section>
        ) : null;
    }
    const is_share = last.of === 'accuracy';
    const text = is_share ? percent : loss;
    return (
        <section ref={card} class="card" aria-labelledby="fairness-title" data-testid="fairness">
            <div class="card-head">
                <h2 id="fairness-title">
                    Fairness <small>{count(last.clients)} clients test on what they hold out</small>
                </h2>
            </div>
            <div class="fairness">
                <Chart
                    test_id="chart-fairness"
                    title={is_share ? 'Accuracy of clients' : 'Error of clients (RMSE)'}
                    {...curves}
                    whole_x
                    x_text={(round) => `round ${round}`}
                    x_tick={count}
                    format={text}
                    tick={is_share ? percent_tick : loss_tick}
                    bounds={is_share ? [0, 1] : [0, Infinity]}
                    {...(is_share ? { y_steps: percent_steps } : {})}
                    zoom={zoom}
                    on_zoom={set_zoom}
                    sync="learning"
                    empty="The spread over clients is drawn after the first test by clients."
                />
                <Worst spread={last} text={text} />
            </div>
            <DataTable
                summary="Spread of every round"
                test_id="fairness-table"
                columns={['round', 'clients', '10 % are below', 'median', '90 % are below', 'worst']}
                rows={() =>
                    [...spreads]
                        .reverse()
                        .slice(0, 200)
                        .map((one) => [
                            one.round,
                            count(one.clients),
                            text(one.low),
                            text(one.median),
                            text(one.high),
                            one.worst.map(({ client }) => client).join(', '),
                        ])
                }
            />
        </section>
    );
}

function Worst({ spread, text }: { spread: Spread; text: (value: number) => string }) {
    const hosts = new Map(clients.value.map(({ client, worker }) => [client, worker === null ? '' : worker_name(worker)]));
    return (
        <div>
            <h3>
                The worst served <small>round {spread.round}</small>
            </h3>
            <ol class="worst" data-testid="worst">
                {spread.worst.map(({ client, value, samples }) => (
                    <li key={client}>
                        <span class="one-line">
                            <a href={href('workers', { table: 'clients', client: String(client) })}>client {client}</a>{' '}
                            <small>{hosts.get(client)}</small>
                        </span>
                        <b>{text(value)}</b>
                        <small>{count(samples)} samples</small>
                    </li>
                ))}
            </ol>
        </div>
    );
}

function columns(spreads: readonly Spread[], list: typeof rounds.value) {
    const personal = new Map(list.flatMap(({ round, personal_accuracy: value }) => (typeof value === 'number' ? [[round, value] as const] : [])));
    const has_personal = spreads.some(({ round }) => personal.get(round) != null);
    return {
        x: spreads.map((one) => one.round),
        curves: [
            { name: 'median', colour: 'test', values: spreads.map((one): number | null => one.median) },
            {
                name: 'worst',
                colour: 'bad',
                dashed: true,
                values: spreads.map((one): number | null => one.worst[0]?.value ?? null),
            },
            ...(has_personal
                ? [{ name: 'personal models', colour: 'target', values: spreads.map((one) => personal.get(one.round) ?? null) }]
                : []),
        ],
        band: {
            name: '10 to 90 %',
            colour: 'test',
            low: spreads.map((one): number | null => one.low),
            high: spreads.map((one): number | null => one.high),
        },
    };
}
