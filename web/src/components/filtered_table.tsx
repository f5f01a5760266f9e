import { sort_rows } from '../models/rows';
import { TableTools, set_sorting, sorting } from './table_tools';
import { VirtualTable, type Column } from './virtual_table';

interface Props<T> {
    /** What the rows are, such as "clients". */
    label: string;
    /** What one is: its table's rows are named by it. */
    one: string;
    /** Those that the filter lets through, in order. */
    rows: readonly T[];
    /** How many there are without the filter. */
    all: number;
    columns: readonly Column<T>[];
    states: readonly string[];
    row_key: (row: T) => number;
    row_state: (row: T) => string;
    is_open: (row: T) => boolean;
    link: (row: T) => string;
}

/** A table with a filter, sorted as the address says. */
export function FilteredTable<T>({ label, one, all, states, ...table }: Props<T>) {
    return (
        <>
            <TableTools label={label} shown={table.rows.length} all={all} states={states} />
            <VirtualTable
                label={label}
                test_id={label}
                row_test_id={`${one}-row`}
                {...sorting(table.columns[0]!.key)}
                on_sort={set_sorting}
                {...table}
            />
        </>
    );
}

/** Rows in the order that the address asks for, of the first column otherwise. */
export function in_order<T>(rows: readonly T[], columns: readonly Column<T>[]): T[] {
    const { sort, descending } = sorting(columns[0]!.key);
    const column = columns.find((one) => one.key === sort) ?? columns[0]!;
    return sort_rows(rows, column.value, descending);
}
