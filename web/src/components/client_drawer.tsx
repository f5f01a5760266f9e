import { useEffect, useMemo } from 'preact/hooks';
import { client_past_version, client_rounds, read_past } from '../client_past';
import { count, duration, fixed, loss, missing, percent } from '../format';
import type { ClientRound } from '../models/journal';
import { median } from '../models/statistics';
import { journal, journal_version } from '../past';
import { href, href_with } from '../route';
import type { Client } from '../protocol/run';
import { drop_reason, test_reason } from '../sentences';
import { clients, evaluation, is_regression, rounds, status } from '../store';
import { Chart } from './chart';
import { odd_clients, worker_name } from './client_table';
import { DataTable } from './data_table';
import { Drawer, Facts } from './drawer';
import { ShareBars } from './share_bars';
import { loss_tick } from './ticks';

/** Absences listed; the rest is counted. */
const absence_limit = 40;

export function ClientDrawer({ id }: { id: number }) {
    const client = clients.value.find((one) => one.client === id);
    const run = status.value?.run ?? '';
    // The journal changes in place.
    const version = journal_version.value + client_past_version.value;
    const list = rounds.value;
    const past = useMemo(
        () => client_rounds(run, id, list, journal.clients.get(id) ?? []),
        [run, id, list, version],
    );
    useEffect(() => {
        if (status.peek()?.state_dir) {
            const known = new Set((journal.clients.get(id) ?? []).map((one) => one.round));
            void read_past(run, id, rounds.peek(), known);
        }
    }, [run, id]);
    if (client === undefined) {
        return (
            <Drawer title={`Client ${id}`} test_id="client-drawer" subject={`client ${id}`}>
                <p class="hint">No worker has brought such a client yet.</p>
            </Drawer>
        );
    }
    const odd = odd_clients.value.get(id);
    /** Of the round under way there is no length yet. */
    const measured = past.findLast((one) => one.distance !== null)?.round ?? -1;
    const lengths = clients.value.flatMap(({ distance }) => distance ?? []);
    return (
        <Drawer title={`Client ${id}`} test_id="client-drawer" subject={`client ${id}`}>
            {odd !== undefined && (
                <p class="odd-note">
                    ◆ Stands out: {odd.join('; ')}.
                </p>
            )}
            <Facts
                rows={[
                    [
                        'Worker',
                        client.worker === null ? (
                            'none'
                        ) : (
                            <a href={href_with({ worker_card: String(client.worker), client: '' })}>
                                {worker_name(client.worker)}
                            </a>
                        ),
                    ],
                    ['Samples', count(client.samples)],
                    ['Last round', count(client.round)],
                    ['Loss', loss(client.loss)],
                    ...(is_regression.value ? [] : [['Accuracy', percent(client.accuracy)] as [string, string]]),
                    ['Took', duration(client.seconds)],
                    ['Length of its update', loss(client.distance)],
                    ['That of most clients', lengths.length > 1 ? loss(median(lengths)) : missing],
                    ['Length of the mean update', loss(journal.steps.get(measured))],
                    ['Cosine to the mean update', fixed(client.cosine)],
                ]}
            />
            <Tested client={client} />
            <Labels labels={client.labels} />
            <Curves past={past} />
            <Absences id={id} past={past} />
        </Drawer>
    );
}

/** What it found when it tested the model on what it holds out. */
function Tested({ client }: { client: Client }) {
    if (client.test_round === null) {
        return null;
    }
    const names = evaluation.value?.classes ?? [];
    const numbers: [string, string][] = is_regression.value
        ? [
              ['RMSE', loss(client.test_rmse)],
              ['MAE', loss(client.test_mae)],
              ['R²', fixed(client.test_r2, 3)],
          ]
        : [
              ['Accuracy', percent(client.test_accuracy)],
              ['AUC', fixed(client.test_auc, 3)],
          ];
    return (
        <section data-testid="client-test">
            <h3>Its test of round {client.test_round}</h3>
            {client.test_reason === '' ? (
                <Facts rows={[['Held-out samples', count(client.test_samples)], ['Loss', loss(client.test_loss)], ...numbers]} />
            ) : (
                <p class="odd-note">Does not count: {test_reason(client.test_reason)}.</p>
            )}
            {client.test_recall !== null && (
                <ShareBars shares={client.test_recall} names={names} testid="client-recall" />
            )}
        </section>
    );
}

function Labels({ labels }: { labels: number[] | null }) {
    if (labels === null) {
        return is_regression.value ? null : (
            <>
                <h3>Labels</h3>
                <p class="hint">Its worker keeps the counts to itself.</p>
            </>
        );
    }
    const most = Math.max(1, ...labels);
    const names = evaluation.value?.classes ?? [];
    return (
        <>
            <h3>Labels</h3>
            <ul class="bars" data-testid="labels">
                {labels.map((number, label) => (
                    <li key={label}>
                        <span class="bar-name">{names[label] ?? label}</span>
                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                            <rect class="meter-all" width="100" height="8" />
                            <rect class="meter-part" width={(number / most) * 100} height="8" />
                        </svg>
                        <span class="bar-value">{count(number)}</span>
                    </li>
                ))}
            </ul>
        </>
    );
}

function Curves({ past }: { past: ClientRound[] }) {
    const list = rounds.value;
    const by_round = useMemo(() => new Map(list.map((round) => [round.round, round.train_loss])), [list]);
    const x = useMemo(() => past.map((one) => one.round), [past]);
    const losses = useMemo(
        () => [
            { name: 'client', colour: 'test', values: past.map((one) => one.loss) },
            {
                name: 'all',
                colour: 'train',
                dashed: true,
                values: past.map((one) => by_round.get(one.round) ?? null),
            },
        ],
        [past, by_round],
    );
    const lengths = useMemo(
        () => [
            { name: 'client', colour: 'test', values: past.map((one) => one.distance) },
            {
                name: 'mean update',
                colour: 'train',
                dashed: true,
                values: past.map((one) => journal.steps.get(one.round) ?? null),
            },
        ],
        [past],
    );
    const cosines = useMemo(() => [{ name: 'cosine', colour: 'test', values: past.map((one) => one.cosine) }], [past]);
    const common = {
        x,
        whole_x: true,
        x_text: (round: number) => `round ${round}`,
        x_tick: String,
        sync: 'client',
        small: true,
        tick: loss_tick,
        format: loss,
        empty: 'It has not been in a round yet.',
    };
    return (
        <>
            <Chart test_id="client-loss" title="Loss" curves={losses} {...common} />
            <Chart test_id="client-distance" title="Length of the update" curves={lengths} {...common} />
            <Chart
                test_id="client-cosine"
                title="Cosine to the mean update"
                curves={cosines}
                bounds={[-1, 1]}
                {...common}
            />
            <DataTable
                summary="Its rounds"
                columns={['round', 'loss', 'accuracy', 'took', 'length', 'cosine']}
                rows={() =>
                    [...past]
                        .reverse()
                        .slice(0, 200)
                        .map((one) => [
                            one.round,
                            loss(one.loss),
                            percent(one.accuracy),
                            duration(one.seconds),
                            loss(one.distance),
                            fixed(one.cosine),
                        ])
                }
            />
        </>
    );
}

function Absences({ id, past }: { id: number; past: ClientRound[] }) {
    const list = rounds.value;
    const missed = useMemo(() => {
        const detail = new Map(past.map((one) => [one.round, one.detail]));
        return list
            .flatMap((round) => {
                const found = round.dropped.find((one) => one.client === id);
                return found === undefined
                    ? []
                    : [{ round: round.round, reason: found.reason, detail: detail.get(round.round) ?? '' }];
            })
            .reverse();
    }, [list, id, past]);
    return (
        <>
            <h3>
                Absences <small>{count(missed.length)}</small>
            </h3>
            {missed.length === 0 ? (
                <p class="hint">It has answered in every round that it was asked for.</p>
            ) : (
                <ul class="absences" data-testid="absences">
                    {missed.slice(0, absence_limit).map((one) => (
                        <li key={one.round}>
                            <a href={href('log', { text: `Round ${one.round}:` })}>round {one.round}</a>:{' '}
                            {drop_reason(one.reason)}
                            {one.detail !== '' && ` (${one.detail})`}
                        </li>
                    ))}
                    {missed.length > absence_limit && <li>and {count(missed.length - absence_limit)} before</li>}
                </ul>
            )}
        </>
    );
}
