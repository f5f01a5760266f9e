import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { save_file } from '../download';
import { csv } from '../models/csv';
import { markdown } from '../models/markdown';

interface Props {
    summary: string;
    test_id?: string;
    columns: string[];
    /** Asked only while the table is open. The first cell of a row is its heading. */
    rows: () => ComponentChildren[][];
    /** The CSV of it, where that has more digits or rows than are to be read. */
    whole_csv?: () => string;
    children?: ComponentChildren;
}

const formats = [
    ['csv', 'text/csv', csv],
    ['md', 'text/markdown', markdown],
] as const;

function file_name(summary: string): string {
    return summary.replace(/\W+/g, '-').replace(/^-|-$/g, '').toLowerCase();
}

/** Cells are texts and numbers; what is more than that says nothing in a file. */
function plain(cells: ComponentChildren[]): (string | number | null)[] {
    return cells.map((cell) => (typeof cell === 'string' || typeof cell === 'number' ? cell : null));
}

/** The numbers behind a drawing, for those who cannot see it or want them exactly. */
export function DataTable({ summary, test_id, columns, rows, whole_csv, children }: Props) {
    const is_open = useSignal(false);
    const file = (name: string, make: typeof csv): string =>
        name === 'csv' && whole_csv !== undefined ? whole_csv() : make(columns, rows().map(plain));
    return (
        <details
            class="data-table"
            onToggle={(event) => {
                is_open.value = event.currentTarget.open;
            }}
        >
            <summary>{summary}</summary>
            {is_open.value && (
                <>
                    <div class="tools">
                        {formats.map(([name, type, make]) => (
                            <button
                                key={name}
                                type="button"
                                class="quiet"
                                data-testid={`save-${name}`}
                                title={`Save this table as ${type}`}
                                onClick={() => save_file(`${file_name(summary)}.${name}`, type, file(name, make))}
                            >
                                {name.toUpperCase()} ↓
                            </button>
                        ))}
                    </div>
                    {children}
                    <div class="scroll" tabIndex={0} role="region" aria-label={summary}>
                        <table class="table" data-testid={test_id}>
                            <thead>
                                <tr>
                                    {columns.map((name, place) => (
                                        <th key={name} scope="col" class={place > 0 ? 'number' : undefined}>
                                            {name}
                                        </th>
                                    ))}
                                </tr>
                            </thead>
                            <tbody>
                                {rows().map(([first, ...rest], place) => (
                                    <tr key={place}>
                                        <th scope="row">{first}</th>
                                        {rest.map((cell, column) => (
                                            <td key={column} class="number">
                                                {cell}
                                            </td>
                                        ))}
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </div>
                </>
            )}
        </details>
    );
}
