import { count, loss, percent } from '../format';
import { by_worker, is_odd } from '../models/client_groups';
import { whole_word } from '../models/rows';
import { href_with } from '../route';
import { clients, is_regression } from '../store';
import { verdicts, worker_name } from './client_table';
import { worker_colours } from './worker_colours';

const shown = 12;

/** Clients by the worker that hosts them, with its colour in the map of updates. */
export function ClientGroups() {
    const groups = by_worker(clients.value, verdicts.value);
    if (groups.length < 2) {
        return null;
    }
    return (
        <section class="groups" aria-labelledby="groups-title">
            <h3 id="groups-title">By worker</h3>
            <ul data-testid="client-groups">
                {groups.slice(0, shown).map((group) => (
                    <li key={group.worker} class={is_odd(group) ? 'group-odd' : undefined}>
                        <svg viewBox="0 0 8 8" aria-hidden="true">
                            <circle class={`fill-${worker_colours.value.get(group.worker) ?? 'none'}`} cx="4" cy="4" r="4" />
                        </svg>
                        <a class="one-line" href={href_with({ filter: whole_word(worker_name(group.worker)), client: '' })}>
                            {worker_name(group.worker)}
                        </a>
                        <span>
                            {group.odd > 0
                                ? `${count(group.odd)} of ${count(group.judged)}${group.judged < group.clients ? ' judged' : ''} odd`
                                : `${count(group.clients)} ${group.clients === 1 ? 'client' : 'clients'}`}
                        </span>
                        <span class="number">
                            {is_regression.value || group.accuracy === null ? loss(group.loss) : percent(group.accuracy)}
                        </span>
                    </li>
                ))}
            </ul>
            {groups.length > shown && <p class="hint">and {count(groups.length - shown)} more workers</p>}
        </section>
    );
}
