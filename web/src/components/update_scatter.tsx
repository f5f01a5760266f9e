import { useSignal } from '@preact/signals';
import { fixed, missing } from '../format';
import type { Client } from '../protocol';
import { param, set_params } from '../route';
import { clients } from '../store';
import { odd_clients } from './client_table';

const width = 420;
const height = 220;
const margin = { left: 44, right: 12, top: 10, bottom: 30 };

/** Every client's last update: how long it was, and how far it pointed where the others' did. */
export function UpdateScatter() {
    const told = useSignal('');
    const measured = clients.value.filter((client) => client.distance !== null && client.cosine !== null);
    if (measured.length === 0) {
        return (
            <p class="hint">
                How clients' updates compare to the global step is shown after the first round that measures it.
            </p>
        );
    }
    const longest = Math.max(...measured.map((client) => client.distance!)) * 1.05 || 1;
    const lowest = Math.min(0, ...measured.map((client) => client.cosine!));
    const x = (distance: number): number =>
        margin.left + (distance / longest) * (width - margin.left - margin.right);
    const y = (cosine: number): number =>
        margin.top + ((1 - cosine) / (1 - lowest)) * (height - margin.top - margin.bottom);
    const opened = param('client');
    const tell = (client: Client): string =>
        `client ${client.client}: distance ${client.distance!.toPrecision(3)}, cosine ${fixed(client.cosine)}` +
        (odd_clients.value.has(client.client) ? ` (${odd_clients.value.get(client.client)!.join('; ')})` : '');
    return (
        <figure class="scatter" aria-label="Updates of clients">
            <svg
                viewBox={`0 0 ${width} ${height}`}
                role="img"
                aria-label={`Distance and cosine of ${measured.length} clients' updates; the table has the numbers`}
                data-testid="scatter"
            >
                {[lowest, (1 + lowest) / 2, 1].map((value) => (
                    <g key={value}>
                        <line
                            class="stream-grid"
                            x1={margin.left}
                            x2={width - margin.right}
                            y1={y(value)}
                            y2={y(value)}
                        />
                        <text class="axis-text axis-text-y" x={margin.left - 6} y={y(value)}>
                            {fixed(value, 1)}
                        </text>
                    </g>
                ))}
                {[0, 0.5, 1].map((part) => (
                    <text
                        key={part}
                        class="axis-text"
                        x={margin.left + part * (width - margin.left - margin.right)}
                        y={height - margin.bottom + 14}
                    >
                        {(part * longest).toPrecision(2)}
                    </text>
                ))}
                <text class="axis-text" x={(width + margin.left) / 2} y={height - 4}>
                    length of the update
                </text>
                <text class="axis-text axis-text-up" x={-height / 2 + 10} y={11}>
                    cosine
                </text>
                {measured.map((client) => {
                    const odd = odd_clients.value.has(client.client);
                    const at_x = x(client.distance!);
                    const at_y = y(client.cosine!);
                    return (
                        <g
                            key={client.client}
                            class={`dot${odd ? ' dot-odd' : ''}${opened === String(client.client) ? ' dot-open' : ''}`}
                            onPointerEnter={() => {
                                told.value = tell(client);
                            }}
                            onClick={() => set_params({ client: String(client.client), worker_card: null }, 'push')}
                        >
                            {odd ? (
                                <path d={`M${at_x} ${at_y - 6}l6 6l-6 6l-6 -6z`} />
                            ) : (
                                <circle cx={at_x} cy={at_y} r="4" />
                            )}
                            {odd && (
                                <text x={at_x + (at_x > width - 60 ? -9 : 9)} y={at_y + 4} class={at_x > width - 60 ? 'dot-left' : ''}>
                                    {client.client}
                                </text>
                            )}
                        </g>
                    );
                })}
            </svg>
            <figcaption class="hint">
                {told.value ||
                    (odd_clients.value.size > 0
                        ? `◆ stands out: ${[...odd_clients.value.keys()].join(', ') || missing}`
                        : 'No client stands out.')}
            </figcaption>
        </figure>
    );
}
