import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { to_sample } from '../models/drawing';
import { forget_sample, problem, try_on } from '../tried';

/** Pixels of the drawing's sides. */
const side = 280;
/** What the master takes. */
const most_bytes = 8 * 1024 * 1024;

interface Props {
    height: number;
    width: number;
    is_grey: boolean;
}

/** A canvas to draw on, for what is grey, and a place for files. */
export function TryPicture({ height, width, is_grey }: Props) {
    const seen = useRef<HTMLCanvasElement>(null);
    const is_over = useSignal(false);
    // Counts what was put in place of what was there. Pictures are packed and decoded meanwhile, and come too late then.
    const turn = useRef(0);
    useEffect(
        () => () => {
            turn.current += 1;
        },
        [],
    );
    const choose = async (file: File | undefined) => {
        if (file === undefined) {
            return;
        }
        if (file.size > most_bytes) {
            problem.value = 'The file has more than 8 MiB: make it smaller.';
            return;
        }
        turn.current += 1;
        const mine = turn.current;
        try_on(file);
        const picture = await createImageBitmap(file).catch(() => null);
        const canvas = seen.current;
        if (picture !== null && canvas !== null && mine === turn.current) {
            const scale = Math.min(picture.height / height, picture.width / width);
            const [w, h] = [scale * width, scale * height];
            const to = canvas.getContext('2d')!;
            to.drawImage(picture, (picture.width - w) / 2, (picture.height - h) / 2, w, h, 0, 0, width, height);
        }
    };
    return (
        <div
            class={is_over.value ? 'try-picture try-over' : 'try-picture'}
            data-testid="try-picture"
            onDragOver={(event) => {
                event.preventDefault();
                is_over.value = true;
            }}
            onDragLeave={() => {
                is_over.value = false;
            }}
            onDrop={(event) => {
                event.preventDefault();
                is_over.value = false;
                void choose(event.dataTransfer?.files[0]);
            }}
        >
            {is_grey && <DrawPad height={height} width={width} seen={seen} turn={turn} />}
            <div class="try-file">
                <figure>
                    <canvas ref={seen} class="try-seen" width={width} height={height} role="img" aria-label="What the model is shown" />
                    <figcaption class="hint">
                        what the model is shown, {width} × {height}
                    </figcaption>
                </figure>
                <label class="button">
                    Choose a picture
                    <input
                        type="file"
                        class="hidden"
                        accept="image/png,image/jpeg"
                        data-testid="try-file"
                        onChange={(event) => {
                            void choose(event.currentTarget.files?.[0]);
                            event.currentTarget.value = '';
                        }}
                    />
                </label>
                <p class="hint">or drop one here: PNG or JPEG</p>
            </div>
        </div>
    );
}

interface PadProps {
    height: number;
    width: number;
    seen: { current: HTMLCanvasElement | null };
    turn: { current: number };
}

/** Without a pointer: arrow keys move the pen, Space lowers and raises it, Delete takes all away. */
function DrawPad({ height, width, seen, turn }: PadProps) {
    const pad = useRef<HTMLCanvasElement>(null);
    const centred = useSignal(height === 28 && width === 28);
    /** The turn of the last stroke: what is on the pad is asked about in no other. */
    const drawn_in = useRef(-1);
    const pen = useRef({ x: side / 2, y: side / 2, is_down: false });
    const is_marked = useSignal<{ x: number; y: number } | null>(null);
    const context = () => pad.current!.getContext('2d', { willReadFrequently: true })!;

    const ask = () => {
        const { data } = context().getImageData(0, 0, side, side);
        const drawing = { width: side, height: side, pixels: new Uint8ClampedArray(side * side).map((_, at) => data[4 * at]!) };
        const sample = to_sample(drawing, height, width, centred.peek());
        const to = seen.current!.getContext('2d')!;
        const image = to.createImageData(width, height);
        sample.pixels.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
        to.putImageData(image, 0, 0);
        const mine = turn.current;
        seen.current!.toBlob((blob) => blob !== null && mine === turn.current && try_on(blob), 'image/png');
    };
    const clear = () => {
        turn.current += 1;
        const on = context();
        on.fillStyle = '#000';
        on.fillRect(0, 0, side, side);
        seen.current?.getContext('2d')?.clearRect(0, 0, width, height);
        forget_sample();
    };
    const line_to = (x: number, y: number) => {
        const on = context();
        on.strokeStyle = '#fff';
        // About two pixels of a sample, as the strokes of MNIST's digits.
        on.lineWidth = (2.2 * side) / Math.min(Math.max(height, 14), 28);
        on.lineCap = 'round';
        on.lineJoin = 'round';
        on.beginPath();
        on.moveTo(pen.current.x, pen.current.y);
        on.lineTo(x, y);
        on.stroke();
        drawn_in.current = turn.current;
        ask();
    };
    const place = (event: PointerEvent) => {
        const box = pad.current!.getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side] as const;
    };
    const go = (x: number, y: number) => {
        if (pen.current.is_down) {
            line_to(x, y);
        }
        pen.current = { ...pen.current, x, y };
    };
    const key = (event: KeyboardEvent) => {
        const step = side / 28;
        const by: Record<string, readonly [number, number]> = {
            ArrowLeft: [-step, 0],
            ArrowRight: [step, 0],
            ArrowUp: [0, -step],
            ArrowDown: [0, step],
        };
        const move = by[event.key];
        const inside = (value: number) => Math.min(side, Math.max(0, value));
        if (move !== undefined) {
            go(inside(pen.current.x + move[0]), inside(pen.current.y + move[1]));
        } else if (event.key === ' ') {
            pen.current.is_down = !pen.current.is_down;
            go(pen.current.x, pen.current.y);
        } else if (event.key === 'Delete' || event.key === 'Backspace') {
            clear();
        } else {
            return;
        }
        event.preventDefault();
        is_marked.value = { x: pen.current.x, y: pen.current.y };
    };
    // Before anybody can choose a file: an effect after the first picture would take its answer away.
    useLayoutEffect(clear, []);
    const mark = is_marked.value;
    return (
        <div>
            <div class="try-pad">
                <canvas
                    ref={pad}
                    width={side}
                    height={side}
                    tabIndex={0}
                    role="application"
                    aria-label="Drawing: arrow keys move the pen, Space lowers and raises it, Delete takes all away"
                    data-testid="try-pad"
                    onPointerDown={(event) => {
                        event.currentTarget.setPointerCapture(event.pointerId);
                        const [x, y] = place(event);
                        pen.current = { x, y, is_down: true };
                        is_marked.value = null;
                        go(x, y);
                    }}
                    onPointerMove={(event) => event.buttons !== 0 && go(...place(event))}
                    onPointerUp={() => {
                        pen.current.is_down = false;
                    }}
                    onKeyDown={key}
                    onBlur={() => {
                        is_marked.value = null;
                        pen.current.is_down = false;
                    }}
                />
                {mark !== null && (
                    <svg viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
                        <circle cx={mark.x} cy={mark.y} r={12} class={pen.current.is_down ? 'pen-down' : 'pen-up'} />
                    </svg>
                )}
            </div>
            <p class="tools">
                <button type="button" data-testid="try-clear" onClick={clear}>
                    Clear
                </button>
                <label class="check">
                    <input
                        type="checkbox"
                        checked={centred.value}
                        data-testid="try-centred"
                        onChange={(event) => {
                            centred.value = event.currentTarget.checked;
                            if (drawn_in.current === turn.current) {
                                ask();
                            }
                        }}
                    />{' '}
                    centre as MNIST has it
                </label>
            </p>
        </div>
    );
}
