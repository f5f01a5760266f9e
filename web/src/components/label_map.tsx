import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { count, percent } from '../format';
import type { Client } from '../protocol/run';
import { set_params } from '../route';
import { clients, evaluation } from '../store';
import { theme } from '../theme';
import { worker_name } from './client_table';

const tallest = 320;
const row_least = 1;
const row_most = 14;
/** Classes that have room for a name. */
const most_named = 10;

/** Which classes each client has: a row a client, by worker, a column a class; the darker the larger its share. */
export function LabelMap() {
    const canvas = useRef<HTMLCanvasElement>(null);
    const told = useSignal('');
    const known = with_labels(clients.value);
    const classes = known[0]?.labels?.length ?? 0;
    const scheme = theme.value;
    const height = Math.min(tallest, Math.max(row_least, Math.min(row_most, tallest / Math.max(1, known.length))) * known.length);
    const shown = Math.min(known.length, Math.floor(tallest / row_least));
    useEffect(() => {
        if (canvas.current !== null) {
            draw(canvas.current, known.slice(0, shown), classes);
        }
    }, [clients.value, scheme, shown, classes]);
    if (known.length < 2 || classes < 2) {
        return null;
    }
    const find = (event: MouseEvent): { client: Client; label: number } | null => {
        const box = canvas.current!.getBoundingClientRect();
        const client = known[Math.floor(((event.clientY - box.top) / box.height) * shown)];
        const label = Math.floor(((event.clientX - box.left) / box.width) * classes);
        return client === undefined || label < 0 || label >= classes ? null : { client, label };
    };
    return (
        <figure class="labels" aria-label="Labels of clients">
            <h3>
                Labels{' '}
                <small>
                    {shown < known.length ? `the first ${count(shown)} of ${count(known.length)} clients` : `${count(shown)} clients`}{' '}
                    by worker, {count(classes)} classes
                </small>
            </h3>
            <canvas
                ref={canvas}
                role="img"
                data-testid="label-map"
                data-clients={shown}
                aria-label={`Shares of ${classes} classes in ${shown} clients; a client's page has its numbers`}
                style={{ height: `${height}px` }}
                onPointerMove={(event) => {
                    const found = find(event);
                    told.value = found === null ? '' : tell(found.client, found.label);
                }}
                onPointerLeave={() => {
                    told.value = '';
                }}
                onClick={(event) => {
                    const found = find(event);
                    if (found !== null) {
                        set_params({ client: String(found.client.client), worker_card: null }, 'push');
                    }
                }}
            />
            {classes <= most_named && (
                <p class="label-names" aria-hidden="true">
                    {known[0]!.labels!.map((_, label) => (
                        <span key={label} class="one-line">
                            {class_name(label)}
                        </span>
                    ))}
                </p>
            )}
            <figcaption class="hint one-line">{told.value || 'Point at a cell to read it.'}</figcaption>
        </figure>
    );
}

/** By worker, so that owners who are unlike the others stand together. */
function with_labels(all: readonly Client[]): Client[] {
    return all
        .filter((client) => client.labels !== null && client.labels.length > 0)
        .sort((a, b) => (a.worker ?? Infinity) - (b.worker ?? Infinity) || a.client - b.client);
}

const class_name = (label: number): string => evaluation.value?.classes[label] ?? `class ${label}`;

function tell(client: Client, label: number): string {
    const own = client.labels![label]!;
    const all = client.labels!.reduce((sum, number) => sum + number, 0);
    return `client ${client.client} of ${worker_name(client.worker)}: ${count(own)} of ${class_name(label)}, ${percent(all > 0 ? own / all : 0)}`;
}

/** One pixel a cell; the browser makes them large. */
function draw(canvas: HTMLCanvasElement, rows: readonly Client[], classes: number): void {
    canvas.width = Math.max(1, classes);
    canvas.height = Math.max(1, rows.length);
    const pen = canvas.getContext('2d')!;
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--train').trim();
    rows.forEach(({ labels }, row) => {
        const all = labels!.reduce((sum, number) => sum + number, 0);
        labels!.forEach((number, label) => {
            pen.globalAlpha = all > 0 ? Math.sqrt(number / all) : 0;
            pen.fillRect(label, row, 1, 1);
        });
    });
}
