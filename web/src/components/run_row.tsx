import { plural } from '../format';
import type { Group } from '../models/sweeps';
import { href } from '../route';
import { no_labels } from '../runs';
import { session } from '../store';
import { choose_runs, chosen_runs, run_colour, runs_limit } from './chosen_runs';
import { name_of, type Column } from './run_columns';
import { PinButton } from './run_labels';
import { set_sorting } from './table_tools';

export function Heading({ column, is_sorted, is_down }: { column: Column; is_sorted: boolean; is_down: boolean }) {
    return (
        <th
            scope="col"
            class={column.number ? 'number' : undefined}
            title={column.hint}
            aria-sort={is_sorted ? (is_down ? 'descending' : 'ascending') : undefined}
        >
            <button
                type="button"
                class="sort"
                onClick={() => set_sorting(column.key, is_sorted ? !is_down : column.rises !== true)}
            >
                {column.title}
                <span aria-hidden="true">{is_sorted ? (is_down ? ' ↓' : ' ↑') : ''}</span>
            </button>
        </th>
    );
}

interface RowProps {
    group: Group;
    columns: readonly Column[];
    alike: ReadonlySet<string>;
    present: string;
}

export function Row({ group, columns, alike, present }: RowProps) {
    const run = group.runs[0]!;
    const all = group.runs.map((one) => one.run);
    const chosen = chosen_runs.value;
    const places = all.map((one) => chosen.indexOf(one)).filter((place) => place >= 0);
    const full = chosen.length >= runs_limit;
    const is_chosen = places.length > 0 && (full || places.length === all.length);
    const seeds = new Set(group.runs.map(({ seed }) => String(seed))).size;
    return (
        <tr data-testid="run-row" data-run={run.run} data-outcome={run.outcome} class={is_chosen ? 'row-open' : undefined}>
            <td>
                <label class="check" title={full ? `At most ${runs_limit} at a time` : undefined}>
                    <input
                        type="checkbox"
                        aria-label={all.length > 1 ? `Compare ${all.length} runs of ${run.plan}` : `Compare run ${run.run.slice(0, 8)} of ${run.plan}`}
                        checked={is_chosen}
                        disabled={full && !is_chosen}
                        onChange={(event) => choose_runs(all, event.currentTarget.checked)}
                    />
                    <svg width="10" height="10" aria-hidden="true">
                        {places.length > 0 && <circle cx="5" cy="5" r="5" class={`fill-${run_colour(places[0]!)}`} />}
                    </svg>
                </label>
            </td>
            <th scope="row" class="run-name one-line" title={`${run.plan}, run ${run.run}, plan ${run.plan_digest}`}>
                {all.length === 1 && session.value.role === 'operator' && (
                    <PinButton run={run.run} labels={run.labels ?? no_labels} />
                )}
                <a
                    class="one-line"
                    data-testid="open-run"
                    href={href('run', { of: run.run === present ? '' : run.run })}
                    title={all.length > 1 ? 'Open the latest of them' : run.labels?.note || 'Open this run'}
                >
                    {name_of(run)}
                </a>{' '}
                <small>
                    {all.length === 1 ? run.run.slice(0, 8) : seeds === all.length ? `${seeds} seeds` : plural(all.length, 'run')}
                </small>
                {all.length === 1 &&
                    run.labels?.tags.map((tag) => (
                        <span key={tag} class="tag">
                            {tag}
                        </span>
                    ))}
                {run.weights_sha256 !== null && run.rounds > 0 && alike.has(run.weights_sha256) && (
                    <small class="alike" title={`Another run has the same weights, bit for bit: ${run.weights_sha256}`}>
                        {' = '}
                        {run.weights_sha256.slice(0, 4)}
                    </small>
                )}
            </th>
            {columns.map((column) => (
                <td key={column.key} class={column.number ? 'number' : undefined}>
                    {column.cell(group)}
                </td>
            ))}
            <td>
                {all.length === 1 && (
                    <a
                        href={`api/v1/runs/${run.run}/report`}
                        download={`${run.plan.slice(0, 80)}-${run.run.slice(0, 8)}.json`}
                        title="Its report"
                        aria-label={`Report of run ${run.run.slice(0, 8)}`}
                    >
                        ↓
                    </a>
                )}
            </td>
        </tr>
    );
}
