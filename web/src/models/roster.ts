// Who is here, which client is whose, and what each of them last did: what events change of workers and clients.
import type { State } from '../model';
import type { Client, Compared, Status, Tested, Worker } from '../protocol/run';
import type { Event } from '../protocol/stream';

/** Workers that are gone. */
export const gone_limit = 1000;

export function joined({ workers, clients, status }: State, worker: Worker): Partial<State> {
    const all = [...workers.filter((one) => one.worker !== worker.worker), worker];
    return { workers: all, status: count(status, all, clients) };
}

export function left(state: State, worker: number, reason: string): Partial<State> {
    const gone: Partial<Worker> = { state: 'gone', reason, clients: [] };
    const workers = without_long_gone(edit_worker(state.workers, worker, gone));
    const clients = state.clients.map((client) =>
        client.worker === worker ? { ...client, worker: null } : client,
    );
    return { workers, clients, status: count(state.status, workers, clients) };
}

type Assigned = Extract<Event, { type: 'worker_assigned' }>;

export function assign(state: State, event: Assigned): Partial<State> {
    const given = new Map(event.clients.map((client) => [client.client, client]));
    const workers = state.workers.map((worker) => {
        if (worker.worker === event.worker) {
            return { ...worker, clients: [...given.keys()], samples: event.samples };
        }
        return worker.clients.some((client) => given.has(client))
            ? { ...worker, clients: worker.clients.filter((client) => !given.has(client)) }
            : worker;
    });
    const known = new Set(state.clients.map((client) => client.client));
    const clients = state.clients.map((client) => {
        const own = given.get(client.client);
        if (own !== undefined) {
            return { ...client, worker: event.worker, samples: own.samples, labels: own.labels ?? null };
        }
        return client.worker === event.worker ? { ...client, worker: null } : client;
    });
    for (const { client, samples, labels } of given.values()) {
        if (!known.has(client)) {
            clients.push({
                client,
                worker: event.worker,
                samples,
                labels: labels ?? null,
                round: null,
                loss: null,
                accuracy: null,
                seconds: null,
                reason: '',
                distance: null,
                cosine: null,
                test_round: null,
                test_samples: 0,
                test_loss: null,
                test_accuracy: null,
                test_r2: null,
                test_rmse: null,
                test_mae: null,
                test_auc: null,
                test_recall: null,
                test_reason: '',
            });
        }
    }
    clients.sort((a, b) => a.client - b.client);
    return { workers, clients, status: count(state.status, workers, clients) };
}

type Updated = Extract<Event, { type: 'client_updated' }>;

export function client_updated(state: State, event: Updated): Partial<State> {
    const { round, worker, samples, loss, accuracy, seconds } = event;
    const clients = edit_client(state.clients, event.client, {
        round,
        worker,
        samples,
        loss,
        accuracy,
        seconds,
        reason: '',
    });
    const contributions = clients.filter(
        (client) => client.worker === worker && client.round === round && client.reason === '',
    );
    const open = state.open_round;
    return {
        clients,
        workers: edit_worker(state.workers, worker, {
            loss: weighted_mean(contributions, 'loss'),
            accuracy: weighted_mean(contributions, 'accuracy'),
        }),
        open_round: open?.round === round ? { ...open, updated: add(open.updated, event.client) } : open,
    };
}

type Dropped = Extract<Event, { type: 'client_dropped' }>;

export function client_dropped(state: State, { client, round, reason }: Dropped): Partial<State> {
    const open = state.open_round;
    return {
        clients: edit_client(state.clients, client, { round, reason }),
        open_round: open?.round === round ? { ...open, dropped: add(open.dropped, client) } : open,
    };
}

export function clients_compared(clients: Client[], compared: readonly Compared[]): Client[] {
    const found = new Map(compared.map((one) => [one.client, one]));
    return clients.map((client) => {
        const own = found.get(client.client);
        return own === undefined ? client : { ...client, distance: own.distance, cosine: own.cosine };
    });
}

export function clients_tested(clients: Client[], round: number, tested: readonly Tested[]): Client[] {
    const found = new Map(tested.map((one) => [one.client, one]));
    return clients.map((client) => {
        const own = found.get(client.client);
        return own === undefined
            ? client
            : {
                  ...client,
                  test_round: round,
                  test_samples: own.samples,
                  test_loss: own.loss,
                  test_accuracy: own.accuracy,
                  test_r2: own.r2,
                  test_rmse: own.rmse,
                  test_mae: own.mae,
                  test_auc: own.auc,
                  test_recall: own.recall,
                  test_reason: own.reason,
              };
    });
}

export function edit_worker(workers: Worker[], id: number, fields: Partial<Worker>): Worker[] {
    return workers.map((worker) => (worker.worker === id ? { ...worker, ...fields } : worker));
}

function edit_client(clients: Client[], id: number, fields: Partial<Client>): Client[] {
    return clients.map((client) => (client.client === id ? { ...client, ...fields } : client));
}

export function count(status: Status, workers: Worker[], clients: Client[]): Status {
    return {
        ...status,
        workers: workers.filter((worker) => worker.state !== 'gone').length,
        clients: clients.filter((client) => client.worker !== null).length,
    };
}

function without_long_gone(workers: Worker[]): Worker[] {
    let extra = workers.filter((worker) => worker.state === 'gone').length - gone_limit;
    return extra <= 0 ? workers : workers.filter((worker) => worker.state !== 'gone' || extra-- <= 0);
}

function weighted_mean(clients: Client[], field: 'loss' | 'accuracy'): number | null {
    let sum = 0;
    let weight = 0;
    for (const client of clients) {
        const value = client[field];
        if (value !== null) {
            sum += value * client.samples;
            weight += client.samples;
        }
    }
    return weight > 0 ? sum / weight : null;
}

function add(numbers: number[], number: number): number[] {
    return numbers.includes(number) ? numbers : [...numbers, number];
}
