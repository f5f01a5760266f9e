import type { ComponentChildren } from 'preact';
import { bytes, count, loss, milliseconds, missing, percent, plural, ranges } from '../format';
import type { Worker } from '../protocol';
import { is_regression, workers } from '../store';

function Cell({
    name,
    children,
    number = false,
}: {
    name: string;
    children: ComponentChildren;
    number?: boolean;
}) {
    return (
        <td role="cell" data-name={name} class={number ? 'number' : undefined}>
            {children}
        </td>
    );
}

function Row({ worker }: { worker: Worker }) {
    const about =
        `version ${worker.version}, ${worker.instruction_set}, ${plural(worker.threads, 'thread')}, ` +
        (worker.capacity > 0 ? `at most ${plural(worker.capacity, 'client')}` : 'any number of clients');
    return (
        <tr role="row" data-testid="worker-row" data-worker={worker.worker} data-state={worker.state}>
            <th role="rowheader" scope="row" title={about}>
                <span class="worker-name">{worker.name}</span>
                <small>
                    #{worker.worker} · {worker.address}
                </small>
            </th>
            <Cell name="State">
                <span class={`state state-${worker.state}`}>{worker.state}</span>
                {worker.reason !== '' && <small class="reason">{worker.reason}</small>}
            </Cell>
            <Cell name="Clients">{worker.clients.length > 0 ? ranges(worker.clients) : missing}</Cell>
            <Cell name="Samples" number>
                {count(worker.samples)}
            </Cell>
            <Cell name="CPU" number>
                {worker.state === 'gone' ? missing : percent((worker.cpu_percent ?? NaN) / 100, 0)}
            </Cell>
            <Cell name="Memory" number>
                {worker.state === 'gone' ? missing : bytes(worker.memory_bytes)}
            </Cell>
            <Cell name="Round trip" number>
                {worker.state === 'gone' ? missing : milliseconds(worker.round_trip_ms)}
            </Cell>
            <Cell name="Loss" number>
                {loss(worker.loss)}
            </Cell>
            {!is_regression.value && (
                <Cell name="Accuracy" number>
                    {percent(worker.accuracy)}
                </Cell>
            )}
            <Cell name="Sent" number>
                {bytes(worker.bytes_sent)}
            </Cell>
            <Cell name="Received" number>
                {bytes(worker.bytes_received)}
            </Cell>
        </tr>
    );
}

export function Workers() {
    const present = workers.value.filter((worker) => worker.state !== 'gone');
    const gone = workers.value.filter((worker) => worker.state === 'gone');
    const names = [
        'Worker',
        'State',
        'Clients',
        'Samples',
        'CPU',
        'Memory',
        'Round trip',
        'Loss',
        'Accuracy',
    ];
    const columns = [...(is_regression.value ? names.slice(0, -1) : names), 'Sent', 'Received'];
    return (
        <section class="card workers" aria-labelledby="workers-title">
            <h2 id="workers-title">
                Workers{' '}
                <small>
                    {count(present.length)} connected{gone.length > 0 && `, ${count(gone.length)} gone`}
                </small>
            </h2>
            {workers.value.length === 0 ? (
                <p class="hint" data-testid="workers">
                    No worker has joined yet. Start one with <code>fedasio-worker --connect HOST:PORT</code>.
                </p>
            ) : (
                <div class="scroll" tabIndex={0} role="region" aria-labelledby="workers-title">
                    <table role="table" class="table cards" data-testid="workers">
                        <thead role="rowgroup">
                            <tr role="row">
                                {columns.map((name, place) => (
                                    <th
                                        key={name}
                                        role="columnheader"
                                        scope="col"
                                        class={place > 2 ? 'number' : undefined}
                                    >
                                        {name}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {[...present, ...gone].map((worker) => (
                                <Row key={worker.worker} worker={worker} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </section>
    );
}
