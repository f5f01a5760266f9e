import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { visible_rows, type Key } from '../models/rows';

export interface Column<T> {
    key: string;
    title: string;
    /** What is sorted by. */
    value: (row: T) => Key;
    cell: (row: T) => ComponentChildren;
    number?: boolean;
    /** In characters; it does not depend on what the cells say, so that nothing moves. */
    width: number;
}

/** A column of numbers, in which a cell says what is sorted by. */
export function numbers<T>(
    key: string,
    title: string,
    width: number,
    value: (row: T) => number | null,
    text: (value: number | null) => string,
): Column<T> {
    return { key, title, width, number: true, value, cell: (row) => text(value(row)) };
}

interface Props<T> {
    label: string;
    test_id: string;
    row_test_id: string;
    rows: readonly T[];
    columns: readonly Column<T>[];
    row_key: (row: T) => number;
    row_state?: (row: T) => string;
    is_open: (row: T) => boolean;
    /** Opens a row; its first cell is what does it. */
    link: (row: T) => string;
    sort: string;
    descending: boolean;
    on_sort: (key: string, descending: boolean) => void;
}

/** Pixels; the style sheet gives rows this height. */
const row_height = 30;

/** A table of any length: only the rows in sight are in the document. */
export function VirtualTable<T>(props: Props<T>) {
    const { rows, columns } = props;
    const box = useRef<HTMLDivElement>(null);
    const scrolled = useSignal(0);
    const height = useSignal(400);
    /** Row to be focused once it is drawn. */
    const wanted = useRef<number | null>(null);

    useEffect(() => {
        const observer = new ResizeObserver(() => {
            height.value = box.current!.clientHeight;
        });
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, []);
    useLayoutEffect(() => {
        if (wanted.current !== null) {
            box.current!.querySelector<HTMLElement>(`[data-row="${wanted.current}"] a`)?.focus();
            wanted.current = null;
        }
    });

    const [first, last] = visible_rows(rows.length, row_height, scrolled.value, height.value);
    const move = (event: KeyboardEvent): void => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const here = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset['row'];
        if (step === undefined || here === undefined) {
            return;
        }
        event.preventDefault();
        const next = Math.min(rows.length - 1, Math.max(0, Number(here) + step));
        const { scrollTop, clientHeight } = box.current!;
        const top = next * row_height;
        if (top < scrollTop) {
            box.current!.scrollTop = top;
        } else if (top + 2 * row_height > scrollTop + clientHeight) {
            box.current!.scrollTop = top + 2 * row_height - clientHeight;
        }
        const link = box.current!.querySelector<HTMLElement>(`[data-row="${next}"] a`);
        if (link === null) {
            wanted.current = next;
            scrolled.value = box.current!.scrollTop;
        } else {
            link.focus();
        }
    };
    return (
        <div
            ref={box}
            class="scroll virtual"
            tabIndex={0}
            role="region"
            aria-label={props.label}
            onScroll={(event) => {
                scrolled.value = event.currentTarget.scrollTop;
            }}
            onKeyDown={move}
        >
            <table
                class="table"
                data-testid={props.test_id}
                aria-rowcount={rows.length + 1}
                style={{ minWidth: `${columns.reduce((sum, column) => sum + column.width, 0)}ch` }}
            >
                <colgroup>
                    {columns.map((column) => (
                        <col key={column.key} style={{ width: `${column.width}ch` }} />
                    ))}
                </colgroup>
                <thead>
                    <tr aria-rowindex={1}>
                        {columns.map((column) => (
                            <Heading key={column.key} column={column} {...props} />
                        ))}
                    </tr>
                </thead>
                <tbody>
                    <Spacer rows={first} />
                    {rows.slice(first, last).map((row, place) => (
                        <tr
                            key={props.row_key(row)}
                            aria-rowindex={first + place + 2}
                            data-testid={props.row_test_id}
                            data-row={first + place}
                            data-key={props.row_key(row)}
                            data-state={props.row_state?.(row)}
                            class={props.is_open(row) ? 'row-open' : undefined}
                        >
                            {columns.map((column, at) =>
                                at === 0 ? (
                                    <th key={column.key} scope="row">
                                        <a href={props.link(row)}>{column.cell(row)}</a>
                                    </th>
                                ) : (
                                    <td key={column.key} class={classes(column)}>
                                        {column.cell(row)}
                                    </td>
                                ),
                            )}
                        </tr>
                    ))}
                    <Spacer rows={rows.length - last} />
                </tbody>
            </table>
        </div>
    );
}

function classes<T>({ number }: Column<T>): string | undefined {
    return number ? 'number' : undefined;
}

function Heading<T>({ column, sort, descending, on_sort }: { column: Column<T> } & Props<T>) {
    const is_sorted = column.key === sort;
    return (
        <th
            scope="col"
            class={classes(column)}
            aria-sort={is_sorted ? (descending ? 'descending' : 'ascending') : undefined}
        >
            <button
                type="button"
                class="sort"
                // Numbers are asked for from the top, names from A.
                onClick={() => on_sort(column.key, is_sorted ? !descending : column.number === true)}
            >
                {column.title}
                <span aria-hidden="true">{is_sorted ? (descending ? ' ↓' : ' ↑') : ''}</span>
            </button>
        </th>
    );
}

/** Holds the place of rows that are not drawn. */
function Spacer({ rows }: { rows: number }) {
    return rows > 0 ? (
        <tr aria-hidden="true" class="spacer">
            <td style={{ height: `${rows * row_height}px` }} />
        </tr>
    ) : null;
}
