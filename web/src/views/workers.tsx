import { ClientDrawer } from '../components/client_drawer';
import { ClientGroups } from '../components/client_groups';
import { ClientTable } from '../components/client_table';
import { LabelMap } from '../components/label_map';
import { TaskStream } from '../components/task_stream';
import { UpdateScatter } from '../components/update_scatter';
import { WorkerDrawer } from '../components/worker_drawer';
import { WorkerTable } from '../components/worker_table';
import { useEffect } from 'preact/hooks';
import { count } from '../format';
import { look_far_back } from '../past';
import { param, set_params } from '../route';
import { status } from '../store';

export function WorkersView() {
    const known = status.value!;
    useEffect(() => void look_far_back(), []);
    const shows_clients = param('table') === 'clients';
    const client = param('client');
    const worker = param('worker_card');
    return (
        <>
            <TaskStream />
            <section class="card" aria-label={shows_clients ? 'Clients' : 'Workers'}>
                <div class="card-head">
                    <div class="switch switch-large" role="group" aria-label="Table">
                        <button
                            type="button"
                            data-testid="show-workers"
                            aria-pressed={!shows_clients}
                            onClick={() => set_params({ table: null, sort: null, state: null, filter: null }, 'push')}
                        >
                            Workers <small>{count(known.workers)}</small>
                        </button>
                        <button
                            type="button"
                            data-testid="show-clients"
                            aria-pressed={shows_clients}
                            onClick={() =>
                                set_params({ table: 'clients', sort: null, state: null, filter: null }, 'push')
                            }
                        >
                            Clients{' '}
                            <small>
                                {count(known.clients)} of {count(known.clients_planned)}
                            </small>
                        </button>
                    </div>
                </div>
                {shows_clients ? (
                    <div class="clients-pair">
                        <div>
                            <ClientTable />
                        </div>
                        <div class="clients-side">
                            <UpdateScatter />
                            <ClientGroups />
                            <LabelMap />
                        </div>
                    </div>
                ) : known.workers === 0 && known.phase === 'waiting' ? (
                    <p class="hint">
                        No worker is here. Start one with <code>fedasio-worker --connect HOST:PORT</code>.
                    </p>
                ) : (
                    <WorkerTable />
                )}
            </section>
            {client !== '' ? (
                <ClientDrawer id={Number(client)} />
            ) : worker !== '' ? (
                <WorkerDrawer id={Number(worker)} />
            ) : null}
        </>
    );
}
