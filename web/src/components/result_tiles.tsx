import { count, fixed, loss, missing, percent, plural } from '../format';
import type { Round } from '../protocol';
import { clients, is_regression, rounds, status, workers } from '../store';

/** The run in four numbers. */
export function ResultTiles() {
    const known = status.value!;
    const last = rounds.value.at(-1);
    const list = rounds.value;
    const target = known.target_accuracy;
    const best = list.reduce<{ round: number; value: number } | null>(
        (top, { round, test_accuracy: value, test_partial }) =>
            value !== null && test_partial !== true && (top === null || value > top.value) ? { round, value } : top,
        null,
    );
    const gone = workers.value.filter((worker) => worker.state === 'gone').length;
    const homeless = clients.value.filter((client) => client.worker === null).length;
    return (
        <dl class="tiles">
            {is_regression.value ? (
                <>
                    <Tile
                        name="Test RMSE"
                        test_id="test-rmse"
                        value={loss(last?.test_rmse)}
                        note={partly(last) ?? `MAE ${loss(last?.test_mae)}`}
                    />
                    <Tile
                        name="Test R²"
                        test_id="test-r2"
                        value={fixed(last?.test_r2, 3)}
                        note={`loss ${loss(last?.test_loss)}, train ${loss(last?.train_loss)}`}
                    />
                </>
            ) : (
                <>
                    <Tile
                        name="Test accuracy"
                        test_id="test-accuracy"
                        value={percent(last?.test_accuracy)}
                        note={
                            partly(last) ??
                            (target === null
                                ? 'no target'
                                : `target ${percent(target)}${(best?.value ?? 0) >= target ? ', reached' : ''}`)
                        }
                    />
                    <Tile
                        name="Best"
                        value={percent(best?.value)}
                        note={best === null ? missing : `round ${best.round}`}
                    />
                    {typeof last?.test_auc === 'number' && (
                        <Tile
                            name="AUC"
                            test_id="test-auc"
                            value={fixed(last.test_auc, 3)}
                            note={
                                typeof last.test_accuracy_median === 'number'
                                    ? `median client ${percent(last.test_accuracy_median)}`
                                    : `${count(last.test_samples)} samples`
                            }
                        />
                    )}
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

/** What a number is worth that not all clients made. */
function partly(round: Round | undefined): string | null {
    return round?.test_partial === true ? 'without some of the clients' : null;
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
