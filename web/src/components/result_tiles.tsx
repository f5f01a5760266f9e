import { count, loss, missing, percent, plural } from '../format';
import { clients, is_regression, rounds, status, workers } from '../store';

/** The run in four numbers. */
export function ResultTiles() {
    const known = status.value!;
    const last = rounds.value.at(-1);
    const list = rounds.value;
    const target = known.target_accuracy;
    const best = list.reduce<{ round: number; value: number } | null>(
        (top, { round, test_accuracy: value }) =>
            value !== null && (top === null || value > top.value) ? { round, value } : top,
        null,
    );
    const gone = workers.value.filter((worker) => worker.state === 'gone').length;
    const homeless = clients.value.filter((client) => client.worker === null).length;
    return (
        <dl class="tiles">
            {is_regression.value ? (
                <Tile name="Test loss" value={loss(last?.test_loss)} note={`train ${loss(last?.train_loss)}`} />
            ) : (
                <>
                    <Tile
                        name="Test accuracy"
                        test_id="test-accuracy"
                        value={percent(last?.test_accuracy)}
                        note={
                            target === null
                                ? 'no target'
                                : `target ${percent(target)}${(best?.value ?? 0) >= target ? ', reached' : ''}`
                        }
                    />
                    <Tile
                        name="Best"
                        value={percent(best?.value)}
                        note={best === null ? missing : `round ${best.round}`}
                    />
                </>
            )}
            <Tile
                name="Workers"
                value={count(known.workers)}
                note={gone > 0 ? `${count(gone)} gone` : `${count(known.min_workers)} needed`}
            />
            <Tile
                name="Clients"
                value={count(known.clients)}
                note={
                    homeless > 0
                        ? `${plural(homeless, 'client')} without worker`
                        : `${count(known.clients_per_round || known.clients_planned)} a round`
                }
            />
        </dl>
    );
}

function Tile({ name, value, note, test_id }: { name: string; value: string; note: string; test_id?: string }) {
    return (
        <div class="tile">
            <dt>{name}</dt>
            <dd>
                <strong data-testid={test_id}>{value}</strong>
                <small>{note}</small>
            </dd>
        </div>
    );
}
