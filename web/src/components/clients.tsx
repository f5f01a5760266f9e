import { count, duration, loss, missing, percent } from '../format';
import type { OpenRound } from '../model';
import type { Client } from '../protocol';
import { drop_reason } from '../sentences';
import { clients, is_regression, open_round, status } from '../store';

type Standing = 'answered' | 'working' | 'dropped' | 'homeless' | 'idle';

const standing_names: Record<Standing, string> = {
    answered: 'answered',
    working: 'at work',
    dropped: 'left out',
    homeless: 'no worker',
    idle: 'idle',
};

function standing(client: Client, open: OpenRound | null): Standing {
    if (client.worker === null) {
        return 'homeless';
    }
    if (open?.cohort.includes(client.client)) {
        if (open.updated.includes(client.client)) {
            return 'answered';
        }
        return open.dropped.includes(client.client) ? 'dropped' : 'working';
    }
    if (client.reason !== '') {
        return 'dropped';
    }
    return client.round !== null && open === null && client.round === status.value?.round
        ? 'answered'
        : 'idle';
}

function Tile({ client, regression }: { client: Client; regression: boolean }) {
    const stands = standing(client, open_round.value);
    const lines = [
        `client ${client.client}: ${standing_names[stands]}`,
        client.worker === null ? 'hosted by no worker' : `on worker #${client.worker}`,
        `${count(client.samples)} samples`,
        client.round === null ? 'not yet in a round' : `last in round ${client.round}`,
        `loss ${loss(client.loss)}`,
        ...(regression ? [] : [`accuracy ${percent(client.accuracy)}`]),
        `took ${duration(client.seconds)}`,
        ...(client.reason === '' ? [] : [drop_reason(client.reason)]),
    ];
    const value = regression ? loss(client.loss) : percent(client.accuracy, 0);
    return (
        <li class={`client client-${stands}`} title={lines.join('\n')}>
            <span class="hidden">{`${lines.join(', ')}.`}</span>
            <span aria-hidden="true">
                <b>{client.client}</b> {value === missing ? '' : value}
            </span>
        </li>
    );
}

export function Clients() {
    const known = status.value!;
    const used = new Set(clients.value.map((client) => standing(client, open_round.value)));
    return (
        <section class="card clients" aria-labelledby="clients-title">
            <h2 id="clients-title">
                Clients{' '}
                <small>
                    {count(known.clients)} of {count(known.clients_planned)} hosted
                </small>
                <span class="key" aria-hidden="true">
                    {(Object.keys(standing_names) as Standing[])
                        .filter((name) => used.has(name))
                        .map((name) => (
                            <span key={name} class={`key-${name}`}>
                                {standing_names[name]}
                            </span>
                        ))}
                </span>
            </h2>
            {clients.value.length === 0 ? (
                <p class="hint">Clients appear when the first worker is given some.</p>
            ) : (
                <ul class="client-grid" tabIndex={0} aria-labelledby="clients-title">
                    {clients.value.map((client) => (
                        <Tile key={client.client} client={client} regression={is_regression.value} />
                    ))}
                </ul>
            )}
        </section>
    );
}
