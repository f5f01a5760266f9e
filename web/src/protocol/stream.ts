// What goes over the stream, and what is asked of the master: docs/api.md, field for field.
import type { Client, Compared, Evaluation, Measured, Outcome, Phase, Round, Standing, Status, Tested, UnderstoodData, Worker, WorkerState } from './run';

interface Stamp {
    seq: number;
    time: number;
}

/** What is settled when a master starts. */
export type Opened = Pick<
    Status,
    | 'run'
    | 'plan'
    | 'plan_digest'
    | 'seed'
    | 'task'
    | 'clients_planned'
    | 'min_workers'
    | 'last_round'
    | 'target_accuracy'
    | 'deadline'
    | 'fraction'
    | 'clients_per_round'
    | 'state_dir'
    | 'version'
    | 'instruction_set'
    | 'models'
>;

/** What a change says, without when it was made. */
export type PlanChange = Omit<Extract<Event, { type: 'plan_changed' }>, 'seq' | 'time' | 'type'>;

export type Event = Stamp &
    (
        | ({ type: 'run_opened' } & Opened)
        | { type: 'model_built'; parameters: number }
        | { type: 'data_understood'; data: UnderstoodData | null }
        | { type: 'phase'; phase: Phase; round: number }
        | { type: 'worker_joined'; worker: Worker }
        | { type: 'worker_left'; worker: number; name: string; reason: string }
        | { type: 'worker_state'; worker: number; state: WorkerState }
        | { type: 'worker_standing'; worker: number; name: string; standing: Standing; reason: string }
        | {
              type: 'worker_assigned';
              worker: number;
              clients: { client: number; samples: number; labels: number[] | null }[];
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
              queued_bytes: number | null;
          }
        | { type: 'training_started'; round: number; last_round: number; target_accuracy: number | null }
        | { type: 'round_started'; round: number; cohort: number[]; clients_per_round: number }
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
        | { type: 'updates_compared'; round: number; step: number | null; clients: Compared[] }
        | { type: 'layers_measured'; round: number; arrays: Measured[] }
        | ({ type: 'model_evaluated' } & Evaluation)
        | { type: 'clients_evaluated'; round: number; clients: Tested[] }
        | {
              type: 'plan_changed';
              /** The first for which deadline and fraction count. */
              round: number;
              last_round: number;
              target_accuracy: number | null;
              deadline: number;
              fraction: number;
              clients_per_round: number;
              /** The saved model whose weights that round begins with. */
              loaded?: string;
          }
        | { type: 'round_finished'; result: Round }
        | { type: 'run_resumed'; run: string; round: number; rounds: Round[]; clients_per_round: number; changes?: PlanChange[] }
        | { type: 'checkpoint'; round: number }
        | {
              type: 'training_finished';
              outcome: Outcome;
              detail: string;
              round: number;
              weights_sha256: string;
          }
        | { type: 'model_saved'; name: string; path: string; round: number; models: string[] }
        | { type: 'model_loaded'; name: string; round: number }
        | { type: 'pause_requested'; pausing: boolean }
        | { type: 'progress_stalled'; since: number | null; deadline: number }
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
    evaluation: Evaluation | null;
    data?: UnderstoodData | null;
}

/** Several events in one message, in the order of their numbers. */
export interface Batch {
    type: 'events';
    events: Event[];
}

export interface Resumed {
    type: 'resumed';
    instance: string;
    seq: number;
}

export type Command =
    | { command: 'train'; rounds?: number; target_accuracy?: number }
    | { command: 'pause' | 'resume' }
    | { command: 'stop'; now: boolean }
    | { command: 'save' | 'load'; name: string }
    | { command: 'evict'; worker: number }
    | {
          command: 'change';
          rounds?: number;
          target_accuracy?: number | null;
          deadline?: number;
          fraction?: number;
      }
    | { command: 'start'; plan: string };

export interface Session {
    role: 'viewer' | 'operator';
    /** Whether the server asks for a token at all. */
    protected: boolean;
}
