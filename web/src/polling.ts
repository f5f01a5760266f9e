// What a stream would bring, asked for: where something between page and master lets no WebSocket pass.
import { get_json } from './api';
import type { EventPage } from './backfill';
import type { State } from './model';
import { logged } from './models/event_log';
import type { Client, Round, Status, UnderstoodData, Worker } from './protocol/run';
import type { Snapshot } from './protocol/stream';

const page_limit = 1000;

/** A snapshot without a state, or where too much was missed; otherwise the events since. */
export async function poll(state: State | null): Promise<readonly unknown[]> {
    if (state !== null) {
        const page = await get_json<EventPage>(`events?after=${state.seq}&limit=${page_limit}`);
        if (page.instance === state.instance && page.oldest <= state.seq + 1) {
            return page.events;
        }
    }
    return [await read_snapshot()];
}

/** Its number is read first: events that the parts have already are applied once more, which changes nothing. */
async function read_snapshot(): Promise<Snapshot> {
    const { instance, newest = 0 } = await get_json<EventPage>('events?limit=1');
    const [status, workers, clients, rounds, data, past] = await Promise.all([
        get_json<Status>('status'),
        get_json<Worker[]>('workers'),
        get_json<Client[]>('clients'),
        get_json<Round[]>('rounds'),
        get_json<UnderstoodData | null>('data'),
        get_json<EventPage>(`events?after=${Math.max(0, newest - page_limit)}&limit=${page_limit}`),
    ]);
    const log = past.events.filter((event) => event.seq <= newest && logged.has(event.type));
    return {
        type: 'snapshot',
        instance,
        seq: newest,
        status,
        workers,
        clients,
        rounds,
        log,
        evaluation: null,
        data,
    };
}
