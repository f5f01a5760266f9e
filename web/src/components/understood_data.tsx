import { count, missing, plural } from '../format';
import type { UnderstoodData } from '../protocol/run';
import { DataTable } from './data_table';

const names = (shown: string[], all: number) =>
    shown.join(', ') + (all > shown.length ? ` and ${count(all - shown.length)} more` : '');

const number = (value: number | undefined) => (value === undefined ? missing : String(Number(value.toPrecision(4))));

/** How the tables were understood: what an owner reads to see whether it is what they meant. */
export function DataCard({ data }: { data: UnderstoodData }) {
    const { label, columns, owners } = data;
    const rows = owners.reduce((sum, owner) => sum + owner.rows, 0);
    return (
        <section class="card" aria-labelledby="data-title" data-testid="data-card">
            <h2 id="data-title">Data</h2>
            <p>
                {owners.length > 0 && `${count(rows)} rows of ${plural(data.owner_count, 'table')}, `}
                {count(data.inputs)} inputs. Learned is <b>{label.name}</b>
                {label.classes === undefined
                    ? `, a number (mean ${number(label.mean)}, deviation ${number(label.deviation)}).`
                    : `, of ${count(label.class_count ?? 0)} classes: ${names(label.classes, label.class_count ?? 0)}.`}
            </p>
            {data.notes.map((note) => (
                <p key={note} class="hint">
                    Note: {note}.
                </p>
            ))}
            <DataTable
                summary="How each column is read"
                test_id="data-columns"
                columns={['column', 'kind', 'missing', 'mean', 'deviation', 'categories']}
                rows={() =>
                    columns.map((column) => [
                        column.name,
                        column.kind,
                        column.missing == null ? missing : count(column.missing),
                        number(column.mean),
                        number(column.deviation),
                        column.categories === undefined
                            ? missing
                            : names(column.categories, column.category_count ?? 0),
                    ])
                }
            >
                {data.column_count > columns.length && (
                    <p class="hint">The first {count(columns.length)} of {count(data.column_count)} columns.</p>
                )}
            </DataTable>
            <DataTable
                summary="Rows of each owner"
                test_id="data-owners"
                columns={['owner', 'rows', 'missing values', 'rows left out']}
                rows={() =>
                    owners.map((owner) => [
                        owner.owner,
                        count(owner.rows),
                        count(owner.missing),
                        count(owner.left_out),
                    ])
                }
            />
        </section>
    );
}
