import { useSignal } from '@preact/signals';
import { train_command } from '../commands';
import { run_from_dialog } from '../steering';
import { is_regression, status } from '../store';
import { Frame } from './frame';
import { NumberField } from './number_field';

export function TrainDialog() {
    const rounds = useSignal('');
    const target = useSignal('');
    const wrong = useSignal<string | null>(null);
    const submit = (): void => {
        const command = train_command(rounds.value, target.value);
        wrong.value = typeof command === 'string' ? command : null;
        if (typeof command !== 'string') {
            void run_from_dialog(command);
        }
    };
    return (
        <Frame title="Train" action="Train" control="train" wrong={wrong.value} on_submit={submit}>
            <p class="hint">
                Goes on from round {status.value?.round ?? 0}. What is left empty is as in the plan.
            </p>
            <div class="fields">
                <NumberField
                    label="Further rounds"
                    test_id="rounds-input"
                    text={rounds}
                    placeholder="as planned"
                    whole
                />
                {!is_regression.value && (
                    <NumberField
                        label="Target accuracy, %"
                        test_id="target-input"
                        text={target}
                        placeholder="none"
                    />
                )}
            </div>
        </Frame>
    );
}
