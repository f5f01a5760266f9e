import { duration } from '../format';
import { costs } from '../late';
import { dear, dear_round, type Cost } from '../models/stragglers';
import { reading } from '../past';
import { href_with } from '../route';
import { reading_text } from '../sentences';
import { workers } from '../store';

/** Workers shown; the table has them all. */
const shown = 5;

/** Who is waited for, and what rounds would take without them. */
export function RoundCosts() {
    const { usual, of } = costs.value;
    // Kept from the first worker on, so that nothing moves when there is something to say.
    const room = { '--bars': workers.value.length > 2 ? shown : workers.value.length };
    if (usual === null) {
        return workers.value.length === 0 ? null : (
            <div class="costs" style={room}>
                <p class="hint costs-line">
                    {reading.value ? reading_text : 'What each worker costs a round is told after the first whole round.'}
                </p>
                <ul class="costs-bars">
                    {workers.value.slice(0, shown).map((one) => (
                        <li key={one.worker}>
                            <span class="one-line">{one.name}</span>
                            <svg aria-hidden="true">
                                <rect class="meter-all" width="100%" height="8" />
                            </svg>
                        </li>
                    ))}
                </ul>
            </div>
        );
    }
    const names = new Map(workers.value.filter((one) => one.state !== 'gone').map((one) => [one.worker, one.name]));
    const all = [...of.values()].filter((one) => names.has(one.worker)).sort((a, b) => b.until - a.until);
    const [first] = dear(costs.value, (worker) => names.has(worker));
    const round = first === undefined ? { seconds: usual, is_usual: true } : dear_round(first, usual);
    return (
        <div class="costs" data-testid="costs" style={room}>
            <p class="costs-line">
                <span class="phrase">
                    {round.is_usual ? (
                        'The usual round has'
                    ) : (
                        <>
                            {'Rounds with '}
                            <span class="one-line">{names.get(first!.worker)}</span>
                            {' have'}
                        </>
                    )}
                    {' all answers after '}
                    <b>{duration(round.seconds)}</b>;
                </span>{' '}
                <span class="phrase">
                    {first === undefined ? (
                        'nobody holds the others up.'
                    ) : (
                        <>
                            {'without '}
                            <a class="one-line" href={href_with({ worker_card: String(first.worker), client: '' })}>
                                {names.get(first.worker)}
                            </a>
                            {' it would be '}
                            <b>{duration(round.seconds - first.saves)}</b>.
                        </>
                    )}
                </span>
            </p>
            {all.length > 0 && (
                <ul class="costs-bars">
                    {/* By place: a row that says something else moves nothing. */}
                    {all.slice(0, shown).map((one, place) => (
                        <Bar key={place} cost={one} longest={all[0]!.until} name={names.get(one.worker)!} />
                    ))}
                </ul>
            )}
        </div>
    );
}

const parts = [
    ['loading', 'loading'],
    ['computing', 'training'],
    ['moving', 'receiving'],
] as const;

function Bar({ cost, longest, name }: { cost: Cost; longest: number; name: string }) {
    let x = 0;
    const told = `${name}: loading ${duration(cost.loading)}, training ${duration(cost.computing)}, network ${duration(cost.moving)}, in the median of ${cost.rounds} rounds`;
    return (
        <li title={told}>
            <a class="one-line" href={href_with({ worker_card: String(cost.worker), client: '' })}>
                {name}
            </a>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="meter-all" width={(100 * cost.until) / longest} height="8" />
                {parts.map(([part, look]) => {
                    const width = (100 * cost[part]) / longest;
                    const from = x;
                    x += width;
                    return <rect key={part} class={`do-${look}`} x={from} width={width} height="8" />;
                })}
            </svg>
            <span class="costs-time">{duration(cost.until)}</span>
            <span class="costs-saves">{cost.saves > 0.0005 ? `costs ${duration(cost.saves)}` : ''}</span>
        </li>
    );
}
