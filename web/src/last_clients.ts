// What clients did in the last round before this process of the master began: from the history of runs.
import { signal } from '@preact/signals';
import { get_json } from './api';
import type { State } from './model';
import type { Client } from './protocol/run';

type Row = Pick<Client, 'client' | 'samples' | 'loss' | 'accuracy' | 'seconds'> & { reason: string | null };

const found = signal<{ round: number; rows: ReadonlyMap<number, Row> } | null>(null);
let asked = '';

/** Asked once a process and run, where rounds are done and no client knows of one. */
export async function read_last_clients({ instance, status, rounds, clients }: State): Promise<void> {
    const last = rounds.at(-1)?.round;
    const key = `${instance}/${status.run}`;
    if (!status.state_dir || last === undefined || clients.length === 0 || asked === key) {
        return;
    }
    asked = key;
    found.value = null;
    if (clients.some((client) => client.round !== null)) {
        return;
    }
    const rows = await get_json<Row[]>(`runs/${status.run}/rounds/${last}/clients`).catch(() => []);
    if (asked === key) {
        found.value = { round: last, rows: new Map(rows.map((row) => [row.client, row])) };
    }
}

/** Fills in those that have not been in a round of this process. */
export function with_last(clients: Client[]): Client[] {
    const past = found.value;
    return past === null
        ? clients
        : clients.map((client) => {
              const row = client.round === null ? past.rows.get(client.client) : undefined;
              return row === undefined
                  ? client
                  : {
                        ...client,
                        round: past.round,
                        loss: row.loss,
                        accuracy: row.accuracy,
                        seconds: row.seconds,
                        reason: row.reason ?? '',
                    };
          });
}
