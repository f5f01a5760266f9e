import { count, plural } from '../format';
import { param, set_params } from '../route';

interface Props {
    label: string;
    shown: number;
    all: number;
    states: readonly string[];
}

/** Filter of a table: words, and a state. Both are in the address. */
export function TableTools({ label, shown, all, states }: Props) {
    return (
        <div class="tools">
            <input
                type="search"
                data-testid="filter"
                placeholder="Filter"
                aria-label={`Filter ${label}`}
                value={param('filter')}
                onInput={(event) => set_params({ filter: event.currentTarget.value })}
            />
            <select
                data-testid="state-filter"
                aria-label="State"
                value={param('state')}
                onChange={(event) => set_params({ state: event.currentTarget.value })}
            >
                <option value="">any state</option>
                {states.map((state) => (
                    <option key={state} value={state}>
                        {state}
                    </option>
                ))}
            </select>
            <span class="hint" data-testid="shown">
                {shown === all ? '' : `${count(shown)} of `}
                {plural(all, 'row')}
            </span>
        </div>
    );
}

/** The column that a table is sorted by, from the address. */
export function sorting(otherwise: string): { sort: string; descending: boolean } {
    // Names of columns have dots of their own.
    const [, sort, way] = /^(.*?)(\.down)?$/.exec(param('sort'))!;
    return { sort: sort || otherwise, descending: way !== undefined };
}

export function set_sorting(key: string, descending: boolean): void {
    set_params({ sort: descending ? `${key}.down` : key });
}
