import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { percent } from '../format';
import type { Evaluation, WrongSample } from '../protocol/run';
import { forget, is_foreign, load_sample, show, shown, type Sample } from '../samples';
import { present, status } from '../store';
import { theme } from '../theme';
import { choose_cell, chosen_cell } from './chosen_cell';

/** What the model is most sure of, and wrong. */
export function WrongSamples({ result }: { result: Evaluation }) {
    const run = status.value?.run;
    useEffect(forget, [run]);
    useEffect(() => show(result), [result]);
    const { classes, wrong, round } = shown.value ?? result;
    if (wrong.length === 0) {
        return null;
    }
    const name = (label: number): string => classes[label] ?? String(label);
    const cell = chosen_cell();
    const listed = cell === null ? wrong : wrong.filter(({ label, predicted }) => label === cell[0] && predicted === cell[1]);
    return (
        <div class="wrong">
            <h3>
                Most confident mistakes <small>test samples, round {round}</small>
            </h3>
            {cell !== null && (
                <p class="hint" data-testid="cell-examples">
                    {listed.length === 0 ? `None of the ${wrong.length} most confident is ` : `${listed.length} of the ${wrong.length} most confident: `}
                    <b>
                        {name(cell[0])} → {name(cell[1])}
                    </b>{' '}
                    <button type="button" class="link-button" onClick={() => choose_cell(cell)}>
                        show all
                    </button>
                </p>
            )}
            <ul class={no_master() ? 'samples samples-bare' : 'samples'} data-testid="wrong-samples" data-foreign={is_foreign.value || undefined}>
                {listed.map((one) => (
                    <Picture key={`${status.value!.run} ${one.index}`} one={one} name={name} />
                ))}
            </ul>
        </div>
    );
}

/** `fedasio view` has runs, and no pictures. */
const no_master = (): boolean => present.value?.status.run === '';

function Picture({ one, name }: { one: WrongSample; name: (label: number) => string }) {
    const sample = useSignal<Sample | null | undefined>(undefined);
    const canvas = useRef<HTMLCanvasElement>(null);
    useEffect(() => {
        if (no_master()) {
            return;
        }
        let is_wanted = true;
        void load_sample(one.index).then((loaded) => {
            if (is_wanted) {
                sample.value = loaded;
                is_foreign.value ||= loaded !== null && loaded.label !== one.label;
            }
        });
        return () => {
            is_wanted = false;
        };
    }, [one.index]);
    const known = is_foreign.value ? null : sample.value;
    const scheme = theme.value;
    useEffect(() => {
        if (known && canvas.current !== null) {
            draw(canvas.current, known);
        }
    }, [known, scheme]);
    const text = `sample ${one.index}: ${name(one.label)}, taken for ${name(one.predicted)}, ${percent(one.confidence)} sure`;
    return (
        <li class="sample" title={text}>
            {known ? (
                <canvas
                    ref={canvas}
                    role="img"
                    aria-label={text}
                    width={known.shape[2]}
                    height={known.shape[1]}
                />
            ) : (
                <span class="sample-none" aria-hidden="true">
                    #{one.index}
                </span>
            )}
            <span class="sample-text">
                {name(one.label)} <span class="sample-wrong">→ {name(one.predicted)}</span>
                <small>{percent(one.confidence)}</small>
            </span>
        </li>
    );
}

function draw(canvas: HTMLCanvasElement, { shape: [channels, height, width], pixels }: Sample): void {
    const context = canvas.getContext('2d')!;
    const image = context.createImageData(width, height);
    const plane = width * height;
    for (let at = 0; at < plane; at += 1) {
        for (let colour = 0; colour < 3; colour += 1) {
            image.data[at * 4 + colour] = pixels[(channels >= 3 ? colour : 0) * plane + at] ?? 0;
        }
        image.data[at * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
}
