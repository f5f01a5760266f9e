// The objects and events of docs/api.md, field for field.

export const phases = [
    'waiting',
    'loading_dataset',
    'distributing_model',
    'distributing_weights',
    'training',
    'aggregating',
    'evaluating',
    'paused',
    'finished',
    'failed',
] as const;
export type Phase = (typeof phases)[number];

export interface Status {
    phase: Phase;
    round: number;
    last_round: number;
    target_accuracy: number | null;
    pausing: boolean;
    stopping: boolean;
    plan: string;
    plan_digest: string;
    seed: number;
    parameters: number;
    task: 'classification' | 'regression';
    min_workers: number;
    workers: number;
    clients: number;
    clients_planned: number;
    version: string;
    instruction_set: string;
    started: number;
    now: number;
    models: string[];
}

export type WorkerState = 'joined' | 'loading' | 'receiving' | 'training' | 'ready' | 'gone';

export interface Worker {
    worker: number;
    name: string;
    address: string;
    state: WorkerState;
    joined: number;
    threads: number;
    capacity: number;
    version: string;
    instruction_set: string;
    clients: number[];
    samples: number;
    cpu_percent: number | null;
    memory_bytes: number | null;
    round_trip_ms: number | null;
    bytes_sent: number;
    bytes_received: number;
    loss: number | null;
    accuracy: number | null;
    reason: string;
}

export interface Client {
    client: number;
    worker: number | null;
    samples: number;
    round: number | null;
    loss: number | null;
    accuracy: number | null;
    seconds: number | null;
    reason: string;
}

export interface Round {
    round: number;
    cohort: number[];
    dropped: { client: number; reason: string }[];
    train_loss: number | null;
    train_accuracy: number | null;
    test_loss: number | null;
    test_accuracy: number | null;
    seconds: Record<string, number>;
    bytes_sent: number;
    bytes_received: number;
    time: number;
}

interface Stamp {
    seq: number;
    time: number;
}

/** What is settled when a master starts. */
export type Opened = Pick<
    Status,
    | 'plan'
    | 'plan_digest'
    | 'seed'
    | 'task'
    | 'clients_planned'
    | 'min_workers'
    | 'last_round'
    | 'target_accuracy'
    | 'version'
    | 'instruction_set'
    | 'models'
>;

export type Event = Stamp &
    (
        | ({ type: 'run_opened' } & Opened)
        | { type: 'model_built'; parameters: number }
        | { type: 'phase'; phase: Phase; round: number }
        | { type: 'worker_joined'; worker: Worker }
        | { type: 'worker_left'; worker: number; name: string; reason: string }
        | { type: 'worker_state'; worker: number; state: WorkerState }
        | {
              type: 'worker_assigned';
              worker: number;
              clients: { client: number; samples: number }[];
              samples: number;
          }
        | {
              type: 'worker_stats';
              worker: number;
              cpu_percent: number | null;
              memory_bytes: number | null;
              round_trip_ms: number | null;
              bytes_sent: number;
              bytes_received: number;
          }
        | { type: 'training_started'; round: number; last_round: number; target_accuracy: number | null }
        | { type: 'round_started'; round: number; cohort: number[] }
        | {
              type: 'client_updated';
              round: number;
              client: number;
              worker: number;
              samples: number;
              loss: number | null;
              accuracy: number | null;
              seconds: number;
          }
        | {
              type: 'client_dropped';
              round: number;
              client: number;
              worker: number | null;
              reason: string;
              detail: string;
          }
        | { type: 'round_finished'; result: Round }
        | { type: 'run_resumed'; run: string; round: number; rounds: Round[] }
        | { type: 'checkpoint'; round: number }
        | {
              type: 'training_finished';
              outcome: 'rounds_done' | 'target_reached' | 'stopped' | 'failed';
              detail: string;
              round: number;
              weights_sha256: string;
          }
        | { type: 'model_saved'; name: string; path: string; round: number; models: string[] }
        | { type: 'model_loaded'; name: string; round: number }
        | { type: 'pause_requested'; pausing: boolean }
        | { type: 'command'; command: string; accepted: boolean; reason: string }
        | { type: 'notice'; level: 'info' | 'warning' | 'error'; text: string }
    );

export interface Snapshot {
    type: 'snapshot';
    instance: string;
    seq: number;
    status: Status;
    workers: Worker[];
    clients: Client[];
    rounds: Round[];
    log: Event[];
}

export interface Resumed {
    type: 'resumed';
    instance: string;
    seq: number;
}

export type Command =
    | { command: 'train'; rounds?: number; target_accuracy?: number }
    | { command: 'pause' | 'resume' | 'stop' }
    | { command: 'save' | 'load'; name: string };
