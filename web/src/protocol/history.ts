// Runs of the past and saved models, as docs/api.md has them.
import type { OwnMetrics } from './run';

/** What people say of a run. */
export interface Labels {
    name: string;
    note: string;
    tags: string[];
    pinned: boolean;
}

export interface Run {
    run: string;
    /** Masters of before tell none. */
    labels?: Labels | null;
    plan: string;
    plan_digest: string;
    seed: number | bigint;
    started: number;
    ended: number | null;
    outcome: string | null;
    detail: string | null;
    weights_sha256: string | null;
    rounds: number;
    best_test_accuracy: number | null;
    last_test_accuracy: number | null;
    last_test_loss: number | null;
    /** Masters of before tell none. */
    best_test_loss?: number | null;
    /** Of the metrics that most rounds told. */
    own_metrics?: Record<'last' | 'least' | 'most', OwnMetrics>;
}

/** What the file of a model says; null where it does not, and `error` alone where it is no model. */
export interface SavedModel {
    name: string;
    error?: string;
    saved?: number;
    bytes?: number;
    run?: string | null;
    plan?: string | null;
    round?: number | null;
    kept?: string | null;
    weights_sha256?: string | null;
    /** By the keys of a round. */
    test?: Record<string, number> | null;
}
