import { duration, plural } from '../format';
import { costs } from '../late';
import { is_awaited, is_odd, type ClientGroup } from '../models/client_groups';
import { dear, dear_round, type Cost } from '../models/stragglers';
import { whole_word } from '../models/rows';
import { journal, reading } from '../past';
import { href } from '../route';
import { reading_text } from '../sentences';
import { rounds, workers } from '../store';
import { odd_clients, odd_groups, worker_name } from './client_table';

const names_limit = 2;

/** Who is slow and who is odd, each a click from what shows why. It is always there, so that nothing moves. */
export function PeopleLine() {
    const { usual } = costs.value;
    const here = new Set(workers.value.filter((one) => one.state !== 'gone').map((one) => one.worker));
    const [slow] = dear(costs.value, (worker) => here.has(worker));
    const all = odd_groups();
    // Whose client stands out is said with it, once it can be said whether it is the worker's doing.
    const round = rounds.value.at(-1)?.round ?? 0;
    const held = all.reduce((sum, group) => sum + (is_awaited(group, round) ? group.odd : 0), 0);
    const groups = all.filter(is_odd);
    const told = groups.slice(0, names_limit).reduce((sum, group) => sum + group.odd, 0);
    // Where there are others their number is that of the list behind it, which has all.
    const odd = odd_clients.value.size - held > told ? odd_clients.value.size : told;
    const is_judged = odd > 0 || (held === 0 && journal.is_judged);
    if (usual === null && !is_judged) {
        return (
            <p class="people" data-testid="people">
                {reading.value ? reading_text : rounds.value.length === 0 && 'Who is slow and who stands out is told here after the first rounds.'}
            </p>
        );
    }
    // Another sentence is another element: its words have not moved.
    const key = `${slow?.worker} ${groups.map((group) => group.worker)} ${odd > 0} ${usual === null} ${is_judged}`;
    return (
        <p key={key} class={slow !== undefined || groups.length > 0 ? 'people people-odd' : 'people'} data-testid="people">
            {usual !== null && (slow === undefined ? 'Nobody holds the others up' : <Slow cost={slow} usual={usual} />)}
            {usual !== null && (is_judged ? '; ' : '.')}
            {is_judged && <Odd odd={odd} groups={groups} />}
        </p>
    );
}

function Slow({ cost, usual }: { cost: Cost; usual: number }) {
    const { seconds, is_usual } = dear_round(cost, usual);
    return (
        <>
            <a href={href('workers', { worker_card: String(cost.worker) })}>{worker_name(cost.worker)}</a> costs{' '}
            {duration(cost.saves)} {is_usual ? `of a usual round’s ${duration(seconds)}` : `of the ${duration(seconds)} of its rounds`}
        </>
    );
}

/** Workers most of whose clients stand out; how many clients in all, unless that is told with them. */
function Odd({ odd, groups }: { odd: number; groups: readonly ClientGroup[] }) {
    const named = groups.slice(0, names_limit);
    const others = named.reduce((left, group) => left - group.odd, odd);
    return (
        <>
            {named.map((group, place) => (
                <span key={group.worker}>
                    <a href={href('workers', { table: 'clients', filter: whole_word(worker_name(group.worker)) })}>
                        {worker_name(group.worker)}
                    </a>
                    {group.clients === 1 ? ' is odd' : ` is odd, ${group.odd} of its ${group.judged} clients`}
                    {group.judged < group.clients && ' that were judged'}
                    {place < named.length - 1 || others > 0 ? '; ' : '.'}
                </span>
            ))}
            {odd === 0 && 'no client stands out.'}
            {others > 0 && (
                <>
                    <a href={href('workers', { table: 'clients', state: 'odd' })}>{plural(odd, 'client')}</a>{' '}
                    {odd === 1 ? 'stands' : 'stand'} out{named.length > 0 && ' in all'}.
                </>
            )}
        </>
    );
}
