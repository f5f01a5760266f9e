import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { fixed, ranges } from '../format';
import { is_odd } from '../models/client_groups';
import { free_labels } from '../models/free_labels';
import { nice_places } from '../models/nice_places';
import { journal } from '../past';
import type { Client } from '../protocol/run';
import { param, set_params } from '../route';
import { clients } from '../store';
import { theme } from '../theme';
import { odd_clients, odd_groups, worker_name } from './client_table';
import { worker_colours } from './worker_colours';

const height = 220;
const margin = { left: 44, right: 14, top: 10, bottom: 34 };
/** Of what is shown, left free at each side. */
const room = 0.06;
/** Pixels within which a client is pointed at. */
const reach = 14;
/** Odd clients whose numbers are written beside them. */
const named = 8;

interface Place {
    client: Client;
    x: number;
    y: number;
}

/** Every client's last update: how long it was, and how far it pointed where the others’ did. One canvas, however many they are. */
export function UpdateScatter() {
    const told = useSignal<Client | null>(null);
    const width = useSignal(420);
    const canvas = useRef<HTMLCanvasElement>(null);
    const places = useRef<Place[]>([]);
    const measured = clients.value.filter((client) => client.distance !== null && client.cosine !== null);
    const odd = odd_clients.value;
    const opened = param('client');
    const scheme = theme.value;
    useEffect(() => {
        const host = canvas.current?.parentElement;
        if (!host) {
            return;
        }
        const observer = new ResizeObserver(() => {
            width.value = Math.max(200, host.clientWidth);
        });
        observer.observe(host);
        return () => observer.disconnect();
    }, [measured.length > 0]);
    useEffect(() => {
        if (canvas.current !== null) {
            places.current = draw(canvas.current, width.value, measured, (id) => odd.has(id), opened);
        }
    }, [clients.value, odd, width.value, opened, scheme, worker_colours.value]);
    if (measured.length === 0) {
        return (
            <p class="hint">
                The map of updates, how far and in which direction each client goes, is drawn after the first round that measures it.
            </p>
        );
    }
    const find = (event: MouseEvent): Client | null => {
        const box = canvas.current!.getBoundingClientRect();
        return nearest(places.current, event.clientX - box.left, event.clientY - box.top);
    };
    return (
        <figure class="scatter" aria-label="Map of updates">
            <h3>
                Map of updates <small>the last of each client{worker_colours.value.size > 0 && ', by worker'}</small>
            </h3>
            <canvas
                ref={canvas}
                role="img"
                aria-label={`Length and direction of ${measured.length} clients’ updates; the table has the numbers`}
                data-testid="scatter"
                data-clients={measured.length}
                onPointerMove={(event) => {
                    told.value = find(event);
                }}
                onPointerLeave={() => {
                    told.value = null;
                }}
                onClick={(event) => {
                    const found = find(event);
                    if (found !== null) {
                        set_params({ client: String(found.client), worker_card: null }, 'push');
                    }
                }}
            />
            <figcaption class="hint">
                {told.value !== null
                    ? tell(told.value, odd.get(told.value.client))
                    : odd.size > 0
                      ? `◆ ${odd.size === 1 ? 'stands out' : 'stand out'}: ${who(odd)}`
                      : journal.is_judged && 'No client stands out.'}
            </figcaption>
        </figure>
    );
}

/** Workers most of whose clients stand out, and the other clients by number. */
function who(odd: ReadonlyMap<number, unknown>): string {
    const groups = odd_groups().filter((group) => group.clients > 1 && is_odd(group));
    const hosts = new Set(groups.map(({ worker }) => worker));
    const others = clients.value.flatMap(({ client, worker }) => (odd.has(client) && !hosts.has(worker ?? -1) ? client : []));
    return [
        ...groups.map((group) => `${group.odd} of ${group.clients} of ${worker_name(group.worker)}`),
        ...(others.length > 0 ? [ranges(others)] : []),
    ].join(', ');
}

function tell(client: Client, signs: readonly string[] | undefined): string {
    const of = `client ${client.client} of ${worker_name(client.worker)}: length ${client.distance!.toPrecision(3)}, cosine ${fixed(client.cosine)}`;
    return signs === undefined ? of : `${of} (${signs.join('; ')})`;
}

function nearest(places: readonly Place[], x: number, y: number): Client | null {
    let found: Client | null = null;
    let least = reach ** 2;
    for (const place of places) {
        const away = (place.x - x) ** 2 + (place.y - y) ** 2;
        if (away < least) {
            least = away;
            found = place.client;
        }
    }
    return found;
}

function draw(
    canvas: HTMLCanvasElement,
    width: number,
    measured: readonly Client[],
    is_odd_client: (client: number) => boolean,
    opened: string,
): Place[] {
    const sharp = devicePixelRatio;
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext('2d')!;
    pen.scale(sharp, sharp);
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const longest = Math.max(...measured.map((client) => client.distance!)) * (1 + room) || 1;
    const cosines = measured.map((client) => client.cosine!);
    const edge = room * (Math.max(...cosines) - Math.min(...cosines) || 1);
    const [lowest, highest] = [Math.min(...cosines) - edge, Math.max(...cosines) + edge];
    const across = width - margin.left - margin.right;
    const down = height - margin.top - margin.bottom;
    const x = (distance: number): number => margin.left + (distance / longest) * across;
    const y = (cosine: number): number => margin.top + ((highest - cosine) / (highest - lowest)) * down;

    pen.font = '11px system-ui, sans-serif';
    pen.strokeStyle = colour('grid');
    pen.fillStyle = colour('muted');
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (const value of nice_places(lowest, highest)) {
        pen.beginPath();
        pen.moveTo(margin.left, y(value));
        pen.lineTo(width - margin.right, y(value));
        pen.stroke();
        pen.fillText(String(value).replace('-', '−'), margin.left - 6, y(value));
    }
    pen.textAlign = 'center';
    for (const value of nice_places(0, longest)) {
        pen.fillText(String(value), x(value), height - margin.bottom + 12);
    }
    pen.fillText('length of the update', margin.left + across / 2, height - 7);
    pen.save();
    pen.translate(9, margin.top + down / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText('cosine to the mean', 0, 0);
    pen.restore();

    const places = measured.map((client) => ({ client, x: x(client.distance!), y: y(client.cosine!) }));
    // The odd ones come last, on top of the others.
    const [usual, odd] = [false, true].map((wanted) => places.filter(({ client }) => is_odd_client(client.client) === wanted));
    // Of more workers than can be told apart by colour the odd clients have one.
    const of_worker = ({ client, worker }: Client): string =>
        colour(worker_colours.value.get(worker ?? -1) ?? (is_odd_client(client) ? 'bad' : 'train'));
    pen.globalAlpha = measured.length > 300 ? 0.35 : 0.55;
    for (const place of usual!) {
        pen.fillStyle = of_worker(place.client);
        pen.beginPath();
        pen.arc(place.x, place.y, measured.length > 300 ? 2.5 : 4, 0, 2 * Math.PI);
        pen.fill();
    }
    pen.globalAlpha = 1;
    odd!.forEach((place) => {
        pen.fillStyle = of_worker(place.client);
        pen.beginPath();
        pen.moveTo(place.x, place.y - 6);
        pen.lineTo(place.x + 6, place.y);
        pen.lineTo(place.x, place.y + 6);
        pen.lineTo(place.x - 6, place.y);
        pen.closePath();
        pen.fill();
        // Told apart by shape and rim, whatever the colour.
        pen.strokeStyle = colour('text');
        pen.stroke();
    });
    if (odd!.length <= named) {
        pen.fillStyle = colour('text');
        pen.textAlign = 'left';
        const texts = odd!.map(({ client }) => String(client.client));
        const wide = texts.map((text) => pen.measureText(text).width);
        free_labels(odd!, wide, { left: margin.left, right: width, top: 0, bottom: height - margin.bottom }).forEach((at, place) => {
            if (at !== null) {
                pen.fillText(texts[place]!, at.x, at.y);
            }
        });
    }
    const open = places.find(({ client }) => String(client.client) === opened);
    if (open !== undefined) {
        pen.strokeStyle = colour('text');
        pen.lineWidth = 2;
        pen.beginPath();
        pen.arc(open.x, open.y, 7, 0, 2 * Math.PI);
        pen.stroke();
    }
    return places;
}
