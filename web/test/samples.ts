// Objects of docs/api.md with unremarkable values.
import { expect } from 'vitest';
import { receive, type State } from '../src/model';
import type { Client, Round, Status, Worker } from '../src/protocol/run';
import type { Snapshot } from '../src/protocol/stream';

export const status: Status = {
    phase: 'waiting',
    run: '5c0f',
    round: 0,
    checkpoint_round: 0,
    last_round: 15,
    target_accuracy: null,
    deadline: 600,
    fraction: 1,
    clients_per_round: 4,
    state_dir: true,
    pausing: false,
    stopping: false,
    plan: 'plan',
    plan_digest: '00',
    seed: 1,
    parameters: 10,
    task: 'classification',
    min_workers: 1,
    workers: 0,
    clients: 0,
    clients_planned: 4,
    version: '0.1.0',
    instruction_set: 'x86-64-v3',
    started: 1000,
    now: 1000,
    models: [],
};

export function worker(id: number, fields: Partial<Worker> = {}): Worker {
    return {
        worker: id,
        name: `worker-${id}`,
        address: '127.0.0.1:1',
        state: 'ready',
        joined: 1000,
        threads: 1,
        capacity: 0,
        version: '0.1.0',
        instruction_set: 'x86-64-v3',
        clients: [],
        samples: 0,
        cpu_percent: null,
        memory_bytes: null,
        round_trip_ms: null,
        bytes_sent: 0,
        bytes_received: 0,
        queued_bytes: null,
        loss: null,
        accuracy: null,
        seconds: null,
        reason: '',
        ...fields,
    };
}

export function client(id: number, fields: Partial<Client> = {}): Client {
    return {
        client: id,
        worker: null,
        samples: 100,
        round: null,
        loss: null,
        accuracy: null,
        seconds: null,
        reason: '',
        labels: null,
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
        ...fields,
    };
}

export function round(number: number, fields: Partial<Round> = {}): Round {
    return {
        round: number,
        cohort: [0],
        dropped: [],
        train_loss: 0.5,
        train_accuracy: 0.8,
        test_loss: 0.6,
        test_accuracy: 0.7,
        seconds: { training: 1 },
        bytes_sent: 1,
        bytes_received: 1,
        time: 1000,
        ...fields,
    };
}

export function snapshot(seq: number, fields: Partial<Snapshot> = {}): Snapshot {
    return {
        type: 'snapshot',
        instance: 'a',
        seq,
        status,
        workers: [],
        clients: [],
        rounds: [],
        log: [],
        evaluation: null,
        ...fields,
    };
}

/** An event at 1000 seconds plus its number; fits any type, as a test may get its fields wrong on purpose. */
export function event(seq: number, type: string, fields: object): never {
    return { seq, time: 1000 + seq, type, ...fields } as never;
}

/** What a snapshot makes of nothing. */
export function start(seq = 10, fields = {}): State {
    const { state, verdict } = receive(null, snapshot(seq, fields));
    expect(verdict).toBe('applied');
    return state!;
}

/** Applies events one after the other, numbered from the state on. */
export function play(state: State, ...events: [string, object][]): State {
    for (const [type, fields] of events) {
        const received = receive(state, event(state.seq + 1, type, fields));
        expect(received.verdict).toBe('applied');
        state = received.state!;
    }
    return state;
}
