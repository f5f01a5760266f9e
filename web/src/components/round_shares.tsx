import { useSignal } from '@preact/signals';
import { duration, missing, percent } from '../format';
import { beat } from '../late';
import type { RoundShare } from '../models/journal';
import { journal, reading } from '../past';
import { reading_text } from '../sentences';
import { rounds } from '../store';
import { DataTable } from './data_table';

const kinds = [
    ['computing', 'training'],
    ['moving', 'receiving'],
    ['waiting', 'idle'],
] as const;
const shown = 60;
const width = 480;
const height = 150;

function parts(share: RoundShare): [number, number, number] {
    const whole = share.computing + share.moving + share.waiting;
    return whole > 0
        ? [share.computing / whole, share.moving / whole, share.waiting / whole]
        : [0, 0, 0];
}

/** Of all workers' time in a round: how much they computed, moved weights, waited for the others. */
export function RoundShares() {
    void beat.value;
    const told = useSignal('');
    const shares = journal.shares.slice(-shown);
    const bar = width / Math.max(20, shares.length);
    const tell = (share: RoundShare): string => {
        const [computing, moving, waiting] = parts(share);
        return `round ${share.round}, ${duration(share.to - share.from)}: computing ${percent(computing, 0)}, moving ${percent(moving, 0)}, waiting ${percent(waiting, 0)}`;
    };
    const last = shares.at(-1);
    return (
        <>
            <ul class="legend">
                {kinds.map(([name, look]) => (
                    <li key={name}>
                        <svg width="14" height="10" aria-hidden="true">
                            <rect width="14" height="10" class={`share-${look}`} />
                        </svg>
                        {name}
                    </li>
                ))}
            </ul>
            <svg
                class="shares"
                viewBox={`0 0 ${width} ${height}`}
                preserveAspectRatio="none"
                role="img"
                aria-label={`Shares of workers' time in ${shares.length} rounds; the table has the numbers`}
                data-testid="shares"
                data-rounds={shares.length}
                onPointerLeave={() => {
                    told.value = '';
                }}
            >
                {shares.map((share, place) => {
                    let top = 0;
                    return (
                        <g
                            key={share.round}
                            onPointerEnter={() => {
                                told.value = tell(share);
                            }}
                        >
                            {parts(share).map((part, kind) => {
                                const y = top;
                                top += part * height;
                                return (
                                    <rect
                                        key={kind}
                                        class={`share-${kinds[kind]![1]}`}
                                        x={place * bar}
                                        y={y}
                                        width={bar * 0.9}
                                        height={part * height}
                                    />
                                );
                            })}
                        </g>
                    );
                })}
            </svg>
            <p class="hint">
                {told.value || (last !== undefined ? tell(last) : reading.value ? reading_text : 'The first bar comes with the first whole round.')}
            </p>
            <DataTable
                summary="Shares by round"
                test_id="shares-table"
                columns={['round', 'took', 'computing', 'moving', 'waiting', 'workers late', 'phases']}
                rows={() => {
                    const phases = new Map(rounds.value.map((round) => [round.round, round.seconds]));
                    return [...journal.shares]
                        .reverse()
                        .slice(0, 200)
                        .map((share) => [
                            share.round,
                            duration(share.to - share.from),
                            ...parts(share).map((part) => percent(part, 0)),
                            share.late,
                            Object.entries(phases.get(share.round) ?? {})
                                .map(([name, seconds]) => `${name.replaceAll('_', ' ')} ${duration(seconds)}`)
                                .join(', ') || missing,
                        ]);
                }}
            />
        </>
    );
}
