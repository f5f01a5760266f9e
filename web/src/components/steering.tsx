import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { send, train_command, type Answer } from '../commands';
import { time_of_day } from '../format';
import type { Command, Status } from '../protocol';
import { is_live, is_regression, state, status } from '../store';

/** Why a button makes no sense now, or null. */
function obstacles(
    { phase, pausing, stopping }: Status,
    training: boolean | null,
): Record<'train' | 'pause' | 'resume' | 'stop' | 'load', string | null> {
    const paused = phase === 'paused';
    const running = training === true ? 'Training is running: stop it first' : null;
    const idle = training === false ? 'Nothing is running' : null;
    return {
        train: running,
        pause: idle ?? (paused ? 'It is paused' : pausing ? 'It pauses before the next round' : null),
        resume: idle ?? (paused || pausing || phase === 'waiting' ? null : 'It is not paused'),
        stop: idle ?? (stopping ? 'It is stopping' : null),
        load: running,
    };
}

export function Steering() {
    const known = status.value!;
    const why = obstacles(known, state.value!.training);
    const answer = useSignal<(Answer & { time: number; number: number }) | null>(null);
    const waiting = useSignal(false);
    const save_name = useSignal('');
    const load_name = useSignal('');
    const rounds_input = useRef<HTMLInputElement>(null);
    const target_input = useRef<HTMLInputElement>(null);

    const show = (next: Answer): void => {
        answer.value = { ...next, time: Date.now() / 1000, number: (answer.value?.number ?? 0) + 1 };
    };
    const run = async (command: Command): Promise<void> => {
        waiting.value = true;
        show(await send(command));
        waiting.value = false;
    };
    const train = (): void => {
        const rounds = rounds_input.current!;
        const target = target_input.current;
        // A number field hides what is not a number behind an empty value.
        const command = train_command(
            rounds.validity.badInput ? 'not a number' : rounds.value,
            target?.validity.badInput ? 'not a number' : (target?.value ?? ''),
        );
        if (typeof command === 'string') {
            show({ outcome: 'refused', text: command });
        } else {
            void run(command);
        }
    };
    // While the state is old, no button is held back: the master decides anyway.
    const button = (obstacle: string | null, title: string) => ({
        disabled: waiting.value || (obstacle !== null && is_live.value),
        title: obstacle ?? title,
    });
    const models = known.models;
    const chosen = models.includes(load_name.value) ? load_name.value : (models.at(-1) ?? '');

    return (
        <section class="card steering" aria-labelledby="steering-title">
            <h2 id="steering-title">Steering</h2>
            <form
                noValidate
                onSubmit={(event) => {
                    event.preventDefault();
                    train();
                }}
            >
                <div class="fields">
                    <label>
                        Rounds
                        <input
                            ref={rounds_input}
                            data-testid="rounds-input"
                            type="number"
                            min="1"
                            step="1"
                            inputMode="numeric"
                            placeholder="as planned"
                        />
                    </label>
                    {!is_regression.value && (
                        <label>
                            Target accuracy, %
                            <input
                                ref={target_input}
                                data-testid="target-input"
                                type="number"
                                min="0"
                                max="100"
                                step="any"
                                inputMode="decimal"
                                placeholder="none"
                            />
                        </label>
                    )}
                </div>
                <button
                    class="primary"
                    data-testid="train-button"
                    {...button(why.train, 'Train for this many more rounds')}
                >
                    Train
                </button>
            </form>
            <div class="buttons">
                <button
                    type="button"
                    data-testid="pause-button"
                    {...button(why.pause, 'Pause before the next round')}
                    onClick={() => run({ command: 'pause' })}
                >
                    Pause
                </button>
                <button
                    type="button"
                    data-testid="resume-button"
                    {...button(why.resume, 'Go on')}
                    onClick={() => run({ command: 'resume' })}
                >
                    Resume
                </button>
                <button
                    type="button"
                    data-testid="stop-button"
                    {...button(why.stop, 'End training now; the weights of the last finished round stay')}
                    onClick={() => run({ command: 'stop' })}
                >
                    Stop
                </button>
            </div>
            <form
                noValidate
                class="line"
                onSubmit={(event) => {
                    event.preventDefault();
                    void run({ command: 'save', name: save_name.value });
                }}
            >
                <label>
                    Save model as
                    <input
                        data-testid="save-name"
                        value={save_name.value}
                        onInput={(event) => {
                            save_name.value = event.currentTarget.value;
                        }}
                        maxLength={64}
                        autocomplete="off"
                        spellcheck={false}
                        placeholder="name"
                    />
                </label>
                <button
                    data-testid="save-button"
                    {...button(null, 'Letters, digits, dot, _ and -, at most 64')}
                    disabled={waiting.value || save_name.value === ''}
                >
                    Save
                </button>
            </form>
            <form
                noValidate
                class="line"
                onSubmit={(event) => {
                    event.preventDefault();
                    void run({ command: 'load', name: chosen });
                }}
            >
                <label>
                    Saved models
                    <select
                        data-testid="load-select"
                        value={chosen}
                        disabled={models.length === 0}
                        onChange={(event) => {
                            load_name.value = event.currentTarget.value;
                        }}
                    >
                        {models.length === 0 && <option value="">none yet</option>}
                        {models.map((name) => (
                            <option key={name} value={name}>
                                {name}
                            </option>
                        ))}
                    </select>
                </label>
                <button
                    data-testid="load-button"
                    {...button(why.load, 'Make it the global model')}
                    disabled={waiting.value || models.length === 0 || (why.load !== null && is_live.value)}
                >
                    Load
                </button>
            </form>
            <p
                class={`answer answer-${answer.value?.outcome ?? 'none'}`}
                data-testid="answer"
                data-outcome={answer.value?.outcome}
                data-number={answer.value?.number ?? 0}
                role="status"
                aria-live="polite"
            >
                {answer.value !== null && (
                    <>
                        <time>{time_of_day(answer.value.time)}</time> {answer.value.text}
                    </>
                )}
            </p>
        </section>
    );
}
