import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { save_file } from '../download';
import { csv } from '../models/csv';
import { markdown } from '../models/markdown';
import type { Key } from '../models/rows';

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

interface SaveProps {
    name: string;
    test_id?: string;
    table: () => { header: readonly string[]; rows: readonly Key[][] };
    whole_csv?: (() => string) | undefined;
}

/** A button for each kind of file. */
export function SaveTable({ name, test_id = '', table, whole_csv }: SaveProps) {
    const text = (kind: string, make: typeof csv): string => {
        const { header, rows } = table();
        return kind === 'csv' && whole_csv !== undefined ? whole_csv() : make(header, rows);
    };
    return formats.map(([kind, type, make]) => (
        <button
            key={kind}
            type="button"
            class="quiet"
            data-testid={`${test_id}save-${kind}`}
            title={`Save this table as ${type}`}
            onClick={() => save_file(`${name}.${kind}`, type, text(kind, make))}
        >
            {kind.toUpperCase()} ↓
        </button>
    ));
}

function file_name(summary: string): string {
    return summary.replace(/\W+/g, '-').replace(/^-|-$/g, '').toLowerCase();
}

/** Cells are texts and numbers; what is more than that says nothing in a file. */
function plain(cells: ComponentChildren[]): Key[] {
    return cells.map((cell) => (typeof cell === 'string' || typeof cell === 'number' ? cell : null));
}

/** The numbers behind a drawing, for those who cannot see it or want them exactly. */
export function DataTable({ summary, test_id, columns, rows, whole_csv, children }: Props) {
    const is_open = useSignal(false);
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
                        <SaveTable
                            name={file_name(summary)}
                            table={() => ({ header: columns, rows: rows().map(plain) })}
                            whole_csv={whole_csv}
                        />
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
