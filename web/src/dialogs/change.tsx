import { useSignal } from '@preact/signals';
import { change_command } from '../commands';
import { run_from_dialog } from '../steering';
import { is_regression, status } from '../store';
import { Frame } from './frame';
import { NumberField } from './number_field';

export function ChangeDialog() {
    const known = status.peek()!;
    const rounds = useSignal(String(known.last_round));
    const target = useSignal(
        known.target_accuracy === null ? '' : String(Number((known.target_accuracy * 100).toFixed(6))),
    );
    const deadline = useSignal(String(known.deadline));
    const fraction = useSignal(String(known.fraction));
    const wrong = useSignal<string | null>(null);
    const submit = (): void => {
        const typed = {
            rounds: rounds.value,
            target_percent: target.value,
            deadline: deadline.value,
            fraction: fraction.value,
        };
        const command = change_command(typed, known);
        wrong.value = typeof command === 'string' ? command : null;
        if (typeof command !== 'string') {
            void run_from_dialog(command);
        }
    };
    return (
        <Frame
            title="Change the running plan"
            action="Change"
            control="change"
            wrong={wrong.value}
            on_submit={submit}
        >
            <p class="hint">It counts from the next round on, and after a restart too.</p>
            <div class="fields">
                <NumberField label="Last round" test_id="change-rounds" text={rounds} whole />
                {!is_regression.value && (
                    <NumberField
                        label="Target accuracy, %"
                        test_id="change-target"
                        text={target}
                        placeholder="none"
                    />
                )}
            </div>
            <div class="fields">
                <NumberField label="Deadline of a step, s" test_id="change-deadline" text={deadline} />
                <NumberField label="Fraction of clients" test_id="change-fraction" text={fraction} />
            </div>
        </Frame>
    );
}
