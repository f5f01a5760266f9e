import { computed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { why } from '../api';
import { count } from '../format';
import { count_values } from '../layer_values';
import { nice_places } from '../models/nice_places';
import { facts, heights, lines, short_number, type Counted } from '../models/weight_bars';
import type { Event } from '../protocol/stream';
import { opened, present, rounds, status } from '../store';
import { DataTable } from './data_table';
import { short } from './layers';

const height = 160;
/** For the numbers below. */
const foot = 22;

/** Which array's values are looked at, and how they are spread. */
export function LayerValues({ names }: { names: string[] }) {
    const [found, set_found] = useState<Counted | null>(null);
    /** Of the loads of a saved model the last that it may be after. */
    const [after, set_after] = useState<Load>();
    const [listed, set_listed] = useState<string[]>([]);
    const [chosen, set_chosen] = useState<number | null>(null);
    const [problem, set_problem] = useState('');
    /** An answer to what is not asked any more is none. */
    const latest = useRef(0);
    const past = opened.value === null ? null : opened.value.status;
    const known = names.length > 0 ? names : listed;
    const show = async (place: number | null): Promise<void> => {
        const mine = (latest.current += 1);
        set_chosen(place);
        set_problem('');
        if (place === null) {
            return;
        }
        const loaded = last_load.peek();
        try {
            const counted = await count_values(place, past);
            if (mine === latest.current) {
                set_found(counted);
                set_after(loaded);
                set_listed(counted.arrays);
            }
        } catch (error) {
            if (mine === latest.current) {
                set_found(null);
                set_problem(why(error));
            }
        }
    };
    useEffect(() => {
        latest.current += 1;
        set_found(null);
        set_listed([]);
        set_chosen(null);
        set_problem('');
        set_after(undefined);
    }, [status.value!.run, present.value?.instance]);
    const load = last_load.value;
    const is_loaded = past === null && (load?.seq ?? 0) > (after?.seq ?? 0);
    const is_old = past === null && found !== null && (is_loaded || found.round !== rounds.value.at(-1)?.round);
    return (
        <div class="layer-values">
            <h3>
                Values of an array{' '}
                {chosen !== null && found !== null && (
                    <small data-testid="values-of">
                        {found.round === null ? '' : `after round ${found.round}`}
                        {is_loaded && `, before ${load!.name} was loaded`}
                        {!is_loaded && is_of_load(after, found) && `, with ${after!.name} loaded`}
                    </small>
                )}
                {chosen !== null && is_old && (
                    <button type="button" class="quiet" data-testid="count-again" onClick={() => void show(chosen)}>
                        Count again
                    </button>
                )}
            </h3>
            {known.length === 0 ? (
                <button type="button" data-testid="open-values" onClick={() => void show(0)}>
                    {past === null ? 'Show the model’s arrays' : 'Show the arrays of its saved model'}
                </button>
            ) : (
                <ul class="chips" aria-label="Arrays of the model">
                    {known.map((name, place) => (
                        <li key={name}>
                            <button
                                type="button"
                                class="chip"
                                data-testid="layer-chip"
                                aria-pressed={chosen === place}
                                onClick={() => void show(chosen === place ? null : place)}
                            >
                                {short(name)}
                            </button>
                        </li>
                    ))}
                </ul>
            )}
            <div aria-live="polite">
                {problem !== '' && <p class="hint" data-testid="values-problem">{problem}</p>}
                {chosen !== null && found !== null && <Bars of={found} />}
            </div>
        </div>
    );
}

type Load = Extract<Event, { type: 'model_loaded' }> | undefined;

const last_load = computed(
    (): Load => present.value?.log.findLast((event): event is NonNullable<Load> => event.type === 'model_loaded'),
);

/** Values after a round and the load that followed it. */
function is_of_load(load: Load, { round }: Counted): boolean {
    return load !== undefined && opened.value === null && load.time > (rounds.value.findLast((one) => one.round === round)?.time ?? Infinity);
}

function Bars({ of }: { of: Counted }) {
    const { bins, low, width } = of;
    const said = facts(of);
    if (low === null || width === null || bins.length === 0) {
        return <p data-testid="layer-facts">{said.join(' · ')}</p>;
    }
    const range = width * bins.length;
    const y = (share: number): number => 8 + (1 - share) * (height - 8);
    const places = width === 0 ? [] : nice_places(low, low + range, 5).map((value) => ({ value, at: (value - low) / range }));
    return (
        <>
            <p data-testid="layer-facts">{said.join(' · ')}</p>
            <svg class="histogram" height={height + foot} role="img" aria-label={`Values of ${of.name}`} data-testid="layer-histogram">
                {lines(bins).map(({ values, at }) => (
                    <g key={values}>
                        <line class="histogram-line" x2="100%" y1={y(at)} y2={y(at)} />
                        <text x="-6" y={y(at) + 4} text-anchor="end">
                            {count(values)}
                        </text>
                    </g>
                ))}
                {heights(bins).map((share, place) => (
                    <rect
                        key={place}
                        x={`${((place + 0.06) / bins.length) * 100}%`}
                        width={`${88 / bins.length}%`}
                        y={y(share)}
                        height={height - y(share)}
                    >
                        <title>{`${edges(of, place)}: ${count(bins[place])}`}</title>
                    </rect>
                ))}
                {places.map(({ value, at }) => (
                    <text
                        key={value}
                        x={`${at * 100}%`}
                        y={height + 16}
                        text-anchor={at < 0.04 ? 'start' : at > 0.96 ? 'end' : 'middle'}
                    >
                        {short_number(value)}
                    </text>
                ))}
                {width === 0 && (
                    <text x="50%" y={height + 16} text-anchor="middle">
                        {short_number(low)}
                    </text>
                )}
            </svg>
            <p class="hint">How many values are how large, on a logarithmic scale.</p>
            <DataTable
                summary="Counts of the bars"
                test_id="histogram-table"
                columns={['values', 'how many']}
                rows={() => [
                    ...(of.below > 0 ? [[`below ${short_number(low)}`, of.below]] : []),
                    ...bins.map((values, place) => [edges(of, place), values]),
                    ...(of.above > 0 ? [[`above ${short_number(low + range)}`, of.above]] : []),
                ]}
            />
        </>
    );
}

function edges({ low, width }: Counted, place: number): string {
    const at = (edge: number): string => short_number(low! + edge * width!);
    return width === 0 ? at(0) : `${at(place)} to ${at(place + 1)}`;
}
