import { duration, plural } from '../format';
import { costs } from '../late';
import { by_worker, is_odd } from '../models/client_groups';
import { dear } from '../models/stragglers';
import { journal, reading } from '../past';
import { href } from '../route';
import { reading_text } from '../sentences';
import { clients, rounds, workers } from '../store';
import { odd_clients, worker_name } from './client_table';

const names_limit = 2;

/** Who is slow and who is odd, each a click from what shows why. It is always there, so that nothing moves. */
export function PeopleLine() {
    const { usual } = costs.value;
    const here = new Set(workers.value.filter((one) => one.state !== 'gone').map((one) => one.worker));
    const [slow] = dear(costs.value, (worker) => here.has(worker));
    const odd = odd_clients.value.size;
    const groups = odd === 0 ? [] : by_worker(clients.value, odd_clients.value).filter(is_odd);
    const others = groups.reduce((sum, group) => sum - group.odd, odd);
    const known = usual !== null || odd > 0;
    // Another sentence is another element: its words have not moved.
    const key = `${slow?.worker} ${groups.map((group) => group.worker)} ${others > 0} ${known} ${journal.is_judged}`;
    return (
        <p key={key} class={slow !== undefined || groups.length > 0 ? 'people people-odd' : 'people'} data-testid="people">
            {slow !== undefined ? (
                <>
                    <a href={href('workers', { worker_card: String(slow.worker) })}>{worker_name(slow.worker)}</a> costs{' '}
                    {duration(slow.saves)} of a usual round’s {duration(usual)}
                </>
            ) : (
                known ? 'Nobody holds the others up' : reading.value ? reading_text : rounds.value.length === 0 && 'Who is slow and who stands out is told here after the first rounds.'
            )}
            {known && (odd > 0 || journal.is_judged ? '; ' : '.')}
            {groups.slice(0, names_limit).map((group, place) => (
                <span key={group.worker}>
                    <a href={href('workers', { table: 'clients', filter: worker_name(group.worker) })}>
                        {worker_name(group.worker)}
                    </a>
                    {group.clients === 1 ? ' is odd' : ` is odd, ${group.odd} of its ${group.clients} clients`}
                    {place < groups.length - 1 || others > 0 ? '; ' : '.'}
                </span>
            ))}
            {others > 0 || groups.length > names_limit ? (
                <>
                    <a href={href('workers', { table: 'clients', state: 'odd' })}>{plural(odd, 'client')}</a>{' '}
                    {odd === 1 ? 'stands' : 'stand'} out{groups.length > 0 && ' in all'}.
                </>
            ) : (
                journal.is_judged && groups.length === 0 && 'no client stands out.'
            )}
        </p>
    );
}
