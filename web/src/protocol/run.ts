// A run and who takes part in it: the objects of docs/api.md, field for field.

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
    /** 16 hexadecimal digits; empty before it is known. */
    run: string;
    round: number;
    /** Rounds of the run that are no longer in the master's memory; 0 where it is not told. */
    rounds_forgotten?: number;
    checkpoint_round: number;
    last_round: number;
    target_accuracy: number | null;
    /** Seconds for each step of a round. */
    deadline: number;
    fraction: number;
    clients_per_round: number;
    /** Whether there is a history of runs. */
    state_dir: boolean;
    pausing: boolean;
    stopping: boolean;
    /** Unix seconds of the last that went forward, once that is a deadline ago; null: it goes forward. */
    stalled_since?: number | null;
    plan: string;
    plan_digest: string;
    seed: number | bigint;
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
    /** What the last round's test says; null before it. */
    test?: { classes?: string[] } | null;
}

export type Outcome = 'rounds_done' | 'target_reached' | 'stopped_early' | 'stopped' | 'failed';

export type WorkerState =
    'joined' | 'loading' | 'receiving' | 'training' | 'sending' | 'ready' | 'gone';

export type Standing = 'takes_part' | 'left_out' | 'no_client' | 'resting';

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
    /** Waiting to be sent to this worker. */
    queued_bytes: number | null;
    loss: number | null;
    accuracy: number | null;
    seconds: number | null;
    /** Masters of before tell none. */
    standing?: Standing;
    /** Why it is gone, or why it does not take part. */
    reason: string;
}

/** What one client finds when it tests new weights on what it holds out; errors are in the label's unit. */
export interface Tested {
    client: number;
    samples: number;
    loss: number | null;
    accuracy: number | null;
    r2: number | null;
    rmse: number | null;
    mae: number | null;
    auc: number | null;
    /** By class. */
    recall: (number | null)[] | null;
    /** Why it does not count, or there is nothing. */
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
    /** Counts by class; null in a regression, and where the worker keeps them to itself. */
    labels: number[] | null;
    /** L2 norm of its last update minus the global weights. */
    distance: number | null;
    /** Of its last update's difference to the mean difference of the round. */
    cosine: number | null;
    /** Whose weights it tested last, and what it found, as in `Tested`. */
    test_round: number | null;
    test_samples: number;
    test_loss: number | null;
    test_accuracy: number | null;
    test_r2: number | null;
    test_rmse: number | null;
    test_mae: number | null;
    test_auc: number | null;
    test_recall: (number | null)[] | null;
    test_reason: string;
}

/** What trainers of one's own tell besides, by name. */
export interface OwnMetrics {
    train_metrics?: Record<string, number | null>;
    test_metrics?: Record<string, number | null>;
}

export interface Round extends OwnMetrics {
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
    // Rounds of older masters have none of these.
    test_r2?: number | null;
    test_rmse?: number | null;
    test_mae?: number | null;
    test_auc?: number | null;
    test_loss_median?: number | null;
    test_accuracy_median?: number | null;
    test_r2_median?: number | null;
    test_rmse_median?: number | null;
    test_samples?: number;
    test_clients?: number;
    /** Clients are missing in the test. */
    test_partial?: boolean;
    test_dropped?: { client: number; reason: string }[];
    /** Of strategies that give each client a model of its own: how these do, over all that their clients hold out. */
    personal_loss?: number | null;
    personal_accuracy?: number | null;
    personal_clients?: number;
    test_recall?: (number | null)[] | null;
    /** Nothing is learned any more, as the master judges: by which metric, and which round was the best. */
    plateau?: { metric: string; since: number };
}

export interface WrongSample {
    /** Place in the master's test set. */
    index: number;
    label: number;
    predicted: number;
    confidence: number;
}

/** Of a regression's samples, in the unit of the label. Bins at the ends hold what lies beyond. */
export interface ValueHistogram {
    label: string;
    low: number;
    width: number;
    bins: number;
    /** Bin of the true value, bin of the prediction, samples. */
    cells: [number, number, number][];
}

export interface Evaluation {
    round: number;
    samples: number;
    classes: string[];
    /** Row: true class; column: predicted. Null with more than 100 classes. */
    confusion: number[][] | null;
    /** The most confident first. */
    wrong: WrongSample[];
    /** In a regression. */
    histogram?: ValueHistogram | undefined;
}

/** How the tables were understood. */
export interface UnderstoodData {
    label: {
        name: string;
        kind: 'numeric' | 'categorical';
        mean?: number;
        deviation?: number;
        classes?: string[];
        class_count?: number;
    };
    inputs: number;
    columns: {
        name: string;
        kind: 'numeric' | 'categorical' | 'ignored';
        /** Null when nobody knows any more. */
        missing?: number | null;
        mean?: number;
        deviation?: number;
        categories?: string[];
        category_count?: number;
    }[];
    column_count: number;
    owners: { owner: string; rows: number; missing: number; left_out: number }[];
    owner_count: number;
    notes: string[];
}

export interface Compared {
    client: number;
    distance: number | null;
    cosine: number | null;
}

/** One array of the model after a round. */
export interface Measured {
    name: string;
    /** L2 norms of its weights and of the round's step. */
    weights: number | null;
    update: number | null;
    /** Of a kernel; 0 of a bias, and where it is not known. */
    units: number;
    /** Units that no client moved. */
    still: number;
}
