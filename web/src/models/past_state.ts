// A run of the past as a state, so that every view shows it like the present one.
import type { State } from '../model';
import type { Run } from '../protocol/history';
import type { Client, Evaluation, Outcome, Round, Status, Tested, UnderstoodData, Worker } from '../protocol/run';
import type { Event, PlanChange } from '../protocol/stream';

export interface Kept {
    run: Run & { plan_json?: unknown; version?: string; instruction_set?: string };
    report: {
        parameters: number;
        checkpoint_round: number;
        seconds_total: number | null;
        changes: PlanChange[];
        data: UnderstoodData | null;
        rounds: Round[];
    };
    evaluation: Evaluation | null;
    /** Of the last round. */
    clients: (Omit<Partial<Client>, 'worker' | 'reason'> & { client: number; worker: string; reason: string | null })[];
    tests: Tested[];
}

type Json = Record<string, unknown>;

function part(from: unknown, ...keys: string[]): unknown {
    return keys.reduce((value, key) => (value as Json | null | undefined)?.[key], from);
}

const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Of a table with the loss mean_squared_error. */
function is_regression(plan: unknown): boolean {
    return part(plan, 'model', 'loss') === 'mean_squared_error' && part(plan, 'data', 'source', 'type') === 'csv';
}

/** `others`: names of workers that may have had no client in the last round. */
export function make_state({ run, report, evaluation, clients, tests }: Kept, others: readonly string[] = []): State {
    const { rounds, changes } = report;
    const plan = run.plan_json;
    const last = rounds.at(-1)?.round ?? 0;
    const ended = run.ended ?? rounds.at(-1)?.time ?? run.started;
    const hosts = [...new Set([...clients.map(({ worker }) => worker), ...others])].filter((name) => name !== '');
    const change = changes.at(-1);
    const outcome = (run.outcome ?? 'stopped') as Outcome;
    const planned = number(part(plan, 'clients'), 0);
    const status: Status = {
        phase: outcome === 'failed' ? 'failed' : 'finished',
        run: run.run,
        round: last,
        checkpoint_round: report.checkpoint_round,
        last_round: change?.last_round ?? number(part(plan, 'rounds'), last),
        target_accuracy: change?.target_accuracy ?? (part(plan, 'target_accuracy') as number | null | undefined) ?? null,
        deadline: change?.deadline ?? number(part(plan, 'deadline'), 0),
        fraction: change?.fraction ?? number(part(plan, 'fraction'), 1),
        clients_per_round: rounds.at(-1)?.cohort.length ?? 0,
        state_dir: true,
        pausing: false,
        stopping: false,
        plan: run.plan,
        plan_digest: run.plan_digest,
        seed: run.seed,
        parameters: report.parameters,
        task: is_regression(plan) ? 'regression' : 'classification',
        min_workers: 0,
        workers: hosts.length,
        clients: Math.max(planned, clients.length),
        clients_planned: Math.max(planned, clients.length),
        version: run.version ?? '',
        instruction_set: run.instruction_set ?? '',
        started: run.started,
        now: ended,
        models: [],
    };
    return {
        instance: `past ${run.run}`,
        seq: 0,
        status,
        workers: hosts.map((name, place) => a_worker(name, place + 1, clients)),
        clients: a_client_each(clients, tests, hosts, last),
        rounds,
        log: changes.map((one, place): Event => ({
            ...one,
            type: 'plan_changed',
            seq: place + 1,
            time: rounds.find((round) => round.round >= one.round)?.time ?? run.started,
        })),
        evaluation,
        data: report.data,
        open_round: null,
        training: false,
        phase_since: ended,
        training_since: ended - (report.seconds_total ?? ended - run.started),
        training_until: ended,
        ending: { outcome, detail: run.detail ?? 'it was cut off', round: last },
    };
}

function a_worker(name: string, worker: number, clients: Kept['clients']): Worker {
    const own = clients.filter((one) => one.worker === name);
    const samples = own.reduce((sum, one) => sum + (one.samples ?? 0), 0);
    const mean = (key: 'loss' | 'accuracy'): number | null =>
        samples > 0 ? own.reduce((sum, one) => sum + (one[key] ?? 0) * (one.samples ?? 0), 0) / samples : null;
    return {
        worker,
        name,
        address: '',
        state: 'ready',
        joined: 0,
        threads: 0,
        capacity: 0,
        version: '',
        instruction_set: '',
        clients: own.map(({ client }) => client),
        samples,
        cpu_percent: null,
        memory_bytes: null,
        round_trip_ms: null,
        bytes_sent: 0,
        bytes_received: 0,
        queued_bytes: null,
        loss: mean('loss'),
        accuracy: mean('accuracy'),
        seconds: own.length === 0 ? null : Math.max(...own.map((one) => one.seconds ?? 0)),
        standing: 'takes_part',
        reason: '',
    };
}

function a_client_each(clients: Kept['clients'], tests: Tested[], hosts: readonly string[], round: number): Client[] {
    const rows = new Map(clients.map((one) => [one.client, one]));
    const tested = new Map(tests.map((one) => [one.client, one]));
    const all = [...new Set([...rows.keys(), ...tested.keys()])].sort((a, b) => a - b);
    return all.map((client) => {
        const row = rows.get(client);
        const test = tested.get(client);
        const host = row === undefined ? -1 : hosts.indexOf(row.worker);
        return {
            client,
            worker: host < 0 ? null : host + 1,
            samples: row?.samples ?? 0,
            round: row === undefined ? null : round,
            loss: row?.loss ?? null,
            accuracy: row?.accuracy ?? null,
            seconds: row?.seconds ?? null,
            reason: row?.reason ?? '',
            labels: null,
            distance: null,
            cosine: null,
            test_round: test === undefined ? null : round,
            test_samples: test?.samples ?? 0,
            test_loss: test?.loss ?? null,
            test_accuracy: test?.accuracy ?? null,
            test_r2: test?.r2 ?? null,
            test_rmse: test?.rmse ?? null,
            test_mae: test?.mae ?? null,
            test_auc: test?.auc ?? null,
            test_recall: test?.recall ?? null,
            test_reason: test?.reason ?? '',
        };
    });
}
