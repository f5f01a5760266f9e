import { useSignal } from '@preact/signals';
import { run_from_dialog } from '../steering';
import { rounds, status } from '../store';
import { Frame } from './frame';

const name_rule = /^[A-Za-z0-9._-]{1,64}$/;

export function SaveDialog() {
    const known = status.value!;
    const name = useSignal(`round-${rounds.value.at(-1)?.round ?? 0}`);
    const is_name = name_rule.test(name.value);
    const replaces = known.models.includes(name.value);
    return (
        <Frame
            title="Save the global model"
            action={replaces ? 'Replace' : 'Save'}
            danger={replaces}
            control="save"
            wrong={
                name.value !== '' && !is_name
                    ? 'A name has 1 to 64 letters, digits, dots, _ and -.'
                    : replaces
                      ? `A model ${name.value} is there already: it would be replaced.`
                      : null
            }
            on_submit={() => {
                if (is_name) {
                    void run_from_dialog({ command: 'save', name: name.value });
                }
            }}
        >
            <label>
                Name
                <input
                    data-testid="save-name"
                    value={name.value}
                    onInput={(event) => {
                        name.value = event.currentTarget.value;
                    }}
                    maxLength={80}
                    autocomplete="off"
                    spellcheck={false}
                />
            </label>
        </Frame>
    );
}

export function LoadDialog({ chosen }: { chosen: string | null }) {
    const { models } = status.value!;
    const name = useSignal(chosen ?? models.at(-1) ?? '');
    return (
        <Frame
            title="Load a saved model"
            action="Load"
            danger
            control="load"
            on_submit={() => void run_from_dialog({ command: 'load', name: name.value })}
        >
            <p>It becomes the global model; the present one is lost unless it is saved.</p>
            <label>
                Model
                <select
                    data-testid="load-select"
                    value={name.value}
                    onChange={(event) => {
                        name.value = event.currentTarget.value;
                    }}
                >
                    {models.map((model) => (
                        <option key={model} value={model}>
                            {model}
                        </option>
                    ))}
                </select>
            </label>
        </Frame>
    );
}
