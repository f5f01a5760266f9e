import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get_json, why } from '../api';
import { bytes, count, date, loss, missing, percent } from '../format';
import type { SavedModel } from '../protocol/history';
import { href } from '../route';
import { ask_to_load, why_not } from '../steering';
import { session, status } from '../store';

const columns: readonly [title: string, is_number: boolean][] = [
    ['Model', false],
    ['Run', false],
    ['Round', true],
    ['Tested', true],
    ['Test loss', true],
    ['Weights', false],
    ['Size', true],
    ['Saved', false],
];

/** Of what round and run each saved model is and what it was worth, to be downloaded or loaded. */
export function SavedModels({ names, present }: { names: readonly string[]; present: string }) {
    const list = useSignal<readonly SavedModel[] | null>(null);
    const problem = useSignal('');
    // Whenever one is saved, also in place of another, there is a new list of names; the best is kept with each checkpoint.
    useEffect(() => {
        let is_wanted = true;
        void get_json<SavedModel[]>('models').then(
            (found) => {
                if (is_wanted) {
                    list.value = found;
                    problem.value = '';
                }
            },
            (error) => {
                problem.value = is_wanted ? why(error) : problem.peek();
            },
        );
        return () => {
            is_wanted = false;
        };
    }, [names, status.value?.checkpoint_round]);
    const found = list.value ?? names.map((name): SavedModel => ({ name }));
    const may_load = session.value.role === 'operator';
    return (
        <>
            <h3>Saved models</h3>
            {problem.value !== '' && list.value === null && <p class="hint">{problem.value}</p>}
            <div class="scroll" tabIndex={0} role="region" aria-label="Saved models">
                <table class="table models" data-testid="models">
                    <thead>
                        <tr>
                            {columns.map(([title, is_number]) => (
                                <th key={title} scope="col" class={is_number ? 'number' : undefined}>
                                    {title}
                                </th>
                            ))}
                            {may_load && (
                                <th scope="col">
                                    <span class="hidden">Load</span>
                                </th>
                            )}
                        </tr>
                    </thead>
                    <tbody>
                        {found.map((model) => (
                            <Row key={model.name} model={model} present={present} may_load={may_load} />
                        ))}
                    </tbody>
                </table>
            </div>
        </>
    );
}

function Row({ model, present, may_load }: { model: SavedModel; present: string; may_load: boolean }) {
    const { name, run, test, weights_sha256: weights } = model;
    return (
        <tr>
            <th scope="row" class="one-line">
                <a href={`api/v1/models/${name}`} download title="Download as safetensors">
                    {name} ↓
                </a>
            </th>
            {model.error !== undefined ? (
                <td colSpan={7}>{model.error}</td>
            ) : (
                <>
                    <td class="one-line">
                        {run ? (
                            <a href={href('run', { of: run === present ? '' : run })}>
                                {model.plan} <small>{run.slice(0, 8)}</small>
                            </a>
                        ) : (
                            (model.plan ?? missing)
                        )}
                    </td>
                    <td class="number">{count(model.round)}</td>
                    <td class="number">{tested(test)}</td>
                    <td class="number">{loss(test?.['test_loss'])}</td>
                    <td>{weights ? <code title={`SHA-256 of the weights: ${weights}`}>{weights.slice(0, 8)}</code> : missing}</td>
                    <td class="number">{bytes(model.bytes)}</td>
                    <td class="one-line">{model.saved === undefined ? missing : date(model.saved)}</td>
                </>
            )}
            {may_load && (
                <td>
                    <button
                        type="button"
                        class="quiet"
                        aria-label={`Load ${name}`}
                        disabled={why_not.value.load !== null || model.error !== undefined}
                        title={why_not.value.load ?? 'Make it the global model'}
                        onClick={() => ask_to_load(name)}
                    >
                        Load
                    </button>
                </td>
            )}
        </tr>
    );
}

/** In the number that people judge such models by. */
function tested(test: SavedModel['test']): string {
    const accuracy = test?.['test_accuracy'];
    const error = test?.['test_rmse'];
    return accuracy !== undefined ? percent(accuracy) : error !== undefined ? `± ${loss(error)}` : missing;
}
