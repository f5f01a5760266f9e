// What the page knows of the run: a snapshot, and the events since. Pure: nothing here knows of sockets or of
// the DOM.
// Every change makes a new state that shares the parts which did not change, so a view redraws only what did.
import type { Client, Evaluation, Outcome, Phase, Round, Status, UnderstoodData, Worker } from './protocol/run';
import type { Event, Opened, Resumed, Snapshot } from './protocol/stream';
import { logged, shorten } from './models/event_log';
import {
    assign,
    client_dropped,
    client_updated,
    clients_compared,
    clients_tested,
    count,
    edit_worker,
    joined,
    left,
} from './models/roster';

export interface OpenRound {
    round: number;
    cohort: number[];
    updated: number[];
    dropped: number[];
}

export interface State {
    instance: string;
    /** The number of the last message that is part of this state. */
    seq: number;
    status: Status;
    workers: Worker[];
    clients: Client[];
    /** Ascending by round, at most round_limit of them. */
    rounds: Round[];
    /** Events worth reading, oldest first, at most log_limit of them. */
    log: Event[];
    /** Of the global model on the test set, the latest. */
    evaluation: Evaluation | null;
    /** How the tables were understood; null before that, and for images. */
    data: UnderstoodData | null;
    /** The round that runs; null before the first event of it that this page saw. */
    open_round: OpenRound | null;
    /**
     * From the start of a training until its end, a pause included. A training may wait for workers too, so the
     * phase does not tell; null where nothing does, which is in a snapshot of a long run that waits.
     */
    training: boolean | null;
    /** Unix seconds; null when it happened before all that is known. */
    phase_since: number | null;
    training_since: number | null;
    training_until: number | null;
    /** How the last training ended; null while one is under way, and where nothing tells. */
    ending: Ending | null;
}

export interface Ending {
    outcome: Outcome;
    detail: string;
    round: number;
}

export const round_limit = 10_000;

/**
 * What became of a message.
 * - applied: it is part of the state.
 * - duplicate: it was part of the state before; dropped.
 * - gap: something between the state and this message is missing; the state is unchanged and the caller
 *   connects again.
 */
export type Verdict = 'applied' | 'duplicate' | 'gap';

export interface Received {
    state: State | null;
    verdict: Verdict;
}

export const resting: ReadonlySet<Phase> = new Set<Phase>(['waiting', 'finished', 'failed']);

/**
 * Takes one parsed message of the stream. A snapshot replaces everything. An event counts only as the successor
 * of the last one; an event of an unknown type counts, and changes nothing else.
 * @throws TypeError when the message is not one of docs/api.md; the state is unchanged then.
 */
export function receive(state: State | null, message: unknown): Received {
    if (typeof message !== 'object' || message === null || !('type' in message) || !('seq' in message)) {
        throw new TypeError('a message without type or seq');
    }
    if (!Number.isSafeInteger(message.seq)) {
        throw new TypeError('a message whose seq is not an integer');
    }
    if (message.type === 'snapshot') {
        return { state: from_snapshot(message as Snapshot), verdict: 'applied' };
    }
    if (state === null) {
        return { state, verdict: 'gap' };
    }
    if (message.type === 'resumed') {
        const resumed = message as Resumed;
        const continues = resumed.instance === state.instance && resumed.seq <= state.seq;
        return { state, verdict: continues ? 'applied' : 'gap' };
    }
    const event = message as Event;
    if (event.seq <= state.seq) {
        return { state, verdict: 'duplicate' };
    }
    if (event.seq !== state.seq + 1) {
        return { state, verdict: 'gap' };
    }
    const next: State = { ...state, ...change(state, event), seq: event.seq };
    if (logged.has(event.type)) {
        next.log = shorten([...state.log, event]);
    }
    return { state: next, verdict: 'applied' };
}

function from_snapshot(snapshot: Snapshot): State {
    for (const list of ['workers', 'clients', 'rounds', 'log'] as const) {
        if (!Array.isArray(snapshot[list])) {
            throw new TypeError(`a snapshot without ${list}`);
        }
    }
    const log = shorten(snapshot.log);
    const last_phase = log.findLast((event) => event.type === 'phase');
    const last_start = log.findLast((event) => event.type === 'training_started');
    const last_end = log.findLast((event) => event.type === 'training_finished');
    const ended = last_end !== undefined && (last_start === undefined || last_end.seq > last_start.seq);
    return {
        instance: snapshot.instance,
        seq: snapshot.seq,
        status: snapshot.status,
        workers: snapshot.workers,
        clients: snapshot.clients,
        rounds: [...snapshot.rounds].sort((a, b) => a.round - b.round).slice(-round_limit),
        log,
        evaluation: snapshot.evaluation ?? null,
        data: snapshot.data ?? null,
        open_round: null,
        training: is_training(snapshot, ended ? false : last_start === undefined ? null : true),
        phase_since: last_phase?.time ?? null,
        training_since: last_start?.time ?? null,
        training_until: ended ? last_end.time : null,
        ending: ended ? ending_of(last_end) : null,
    };
}

function ending_of({ outcome, detail, round }: Ending): Ending {
    return { outcome, detail, round };
}

function is_training({ status, rounds }: Snapshot, by_log: boolean | null): boolean | null {
    if (status.phase !== 'waiting') {
        return !resting.has(status.phase);
    }
    return by_log === null && rounds.length === 0 ? false : by_log;
}

function change(state: State, event: Event): Partial<State> {
    const { status } = state;
    switch (event.type) {
        case 'run_opened': {
            const { type: _type, seq: _seq, time: _time, ...opened } = event;
            const replaces = status.run !== '' && opened.run !== status.run;
            return replaces ? begin_anew(state, opened) : { status: { ...status, ...opened } };
        }
        case 'model_built':
            return { status: { ...status, parameters: event.parameters } };
        case 'data_understood':
            return { data: event.data };
        case 'phase': {
            const { phase, round, time } = event;
            const ended = phase === 'finished' || phase === 'failed';
            return {
                status: {
                    ...status,
                    phase,
                    round,
                    pausing: status.pausing && !ended && phase !== 'paused',
                    stopping: status.stopping && !ended,
                },
                open_round: resting.has(phase) || phase === 'paused' ? null : state.open_round,
                training: phase === 'waiting' ? state.training : !ended,
                phase_since: time,
            };
        }
        case 'worker_joined':
            return joined(state, event.worker);
        case 'worker_left':
            return left(state, event.worker, event.reason);
        case 'worker_state':
            return { workers: edit_worker(state.workers, event.worker, { state: event.state }) };
        case 'worker_standing': {
            const { standing, reason } = event;
            return { workers: edit_worker(state.workers, event.worker, { standing, reason }) };
        }
        case 'worker_assigned':
            return assign(state, event);
        case 'worker_stats': {
            const { type: _type, seq: _seq, time: _time, worker, ...stats } = event;
            return { workers: edit_worker(state.workers, worker, stats) };
        }
        case 'training_started':
            return {
                status: {
                    ...status,
                    last_round: event.last_round,
                    target_accuracy: event.target_accuracy,
                    pausing: false,
                    stopping: false,
                },
                training: true,
                training_since: event.time,
                training_until: null,
                ending: null,
            };
        case 'round_started':
            return {
                status: { ...status, round: event.round, clients_per_round: event.clients_per_round },
                open_round: { round: event.round, cohort: event.cohort, updated: [], dropped: [] },
            };
        case 'client_updated':
            return client_updated(state, event);
        case 'client_dropped':
            return client_dropped(state, event);
        case 'round_finished': {
            const others = state.rounds.filter((round) => round.round !== event.result.round);
            const rounds = [...others, event.result].sort((a, b) => a.round - b.round);
            return {
                status: { ...status, round: event.result.round },
                rounds: rounds.slice(-round_limit),
                open_round: null,
            };
        }
        case 'updates_compared':
            return { clients: clients_compared(state.clients, event.clients) };
        case 'model_evaluated': {
            const { round, samples, classes, confusion, wrong, histogram } = event;
            return { evaluation: { round, samples, classes, confusion, wrong, histogram } };
        }
        case 'clients_evaluated':
            return { clients: clients_tested(state.clients, event.round, event.clients) };
        case 'plan_changed': {
            const { last_round, target_accuracy, deadline, fraction, clients_per_round } = event;
            return {
                status: {
                    ...status,
                    last_round,
                    target_accuracy,
                    deadline,
                    fraction,
                    clients_per_round,
                },
            };
        }
        case 'checkpoint':
            return { status: { ...status, checkpoint_round: event.round } };
        case 'run_resumed':
            return {
                status: {
                    ...status,
                    run: event.run,
                    round: event.round,
                    clients_per_round: event.clients_per_round,
                },
                rounds: event.rounds.slice(-round_limit),
            };
        case 'training_finished':
            return {
                status: { ...status, round: event.round, pausing: false, stopping: false },
                open_round: null,
                training: false,
                training_until: event.time,
                ending: ending_of(event),
            };
        case 'model_saved':
            return { status: { ...status, models: event.models } };
        case 'pause_requested':
            return { status: { ...status, pausing: event.pausing } };
        case 'progress_stalled':
            return { status: { ...status, stalled_since: event.since } };
        case 'command': {
            const stops = event.command === 'stop' && event.accepted && state.training !== false;
            return stops ? { status: { ...status, stopping: true } } : {};
        }
        default:
            return {};
    }
}

/** A run that was started in place of another begins with nothing but its workers, who stay connected. */
function begin_anew(state: State, opened: Opened): Partial<State> {
    const workers = state.workers.map((worker): Worker => ({
        ...worker,
        state: worker.state === 'gone' ? 'gone' : 'joined',
        clients: [],
        samples: 0,
        loss: null,
        accuracy: null,
    }));
    const status: Status = {
        ...state.status,
        ...opened,
        phase: 'waiting',
        round: 0,
        checkpoint_round: 0,
        pausing: false,
        stopping: false,
        stalled_since: null,
    };
    return {
        status: count(status, workers, []),
        workers,
        clients: [],
        rounds: [],
        evaluation: null,
        data: null,
        open_round: null,
        training: false,
        phase_since: null,
        training_since: null,
        training_until: null,
        ending: null,
    };
}
