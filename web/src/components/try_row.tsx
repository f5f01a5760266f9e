import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count } from '../format';
import type { UnderstoodData } from '../protocol/run';
import { try_on } from '../tried';

const number = (value: number) => String(Number(value.toPrecision(4)));

/** A form with a field for each column that the model takes; what is left empty is a missing value. */
export function TryRow({ data }: { data: UnderstoodData }) {
    const columns = data.columns.filter(({ kind }) => kind !== 'ignored');
    const typed = useSignal<Record<string, string>>({});
    const key = columns.map(({ name }) => name).join('\n');
    const ask = () => try_on(Object.fromEntries(columns.map(({ name }) => [name, (typed.peek()[name] ?? '').trim()])));
    useEffect(ask, [key]);
    const put = (name: string, text: string) => {
        typed.value = { ...typed.peek(), [name]: text };
        ask();
    };
    if (data.column_count > data.columns.length) {
        return (
            <p class="hint">
                With {count(data.column_count)} columns there is no form: use <code>fedasio predict</code>.
            </p>
        );
    }
    return (
        <form class="try-form" aria-label="A row" onSubmit={(event) => event.preventDefault()} data-testid="try-form">
            {columns.map((column) => (
                <Field key={column.name} column={column} value={typed.value[column.name] ?? ''} put={put} />
            ))}
            <p class="hint">What is left empty is a missing value.</p>
        </form>
    );
}

interface FieldProps {
    column: UnderstoodData['columns'][number];
    value: string;
    put: (name: string, text: string) => void;
}

function Field({ column, value, put }: FieldProps) {
    const { name, mean, deviation, categories = [], category_count = 0 } = column;
    const common = {
        'data-column': name,
        value,
        onInput: (event: { currentTarget: { value: string } }) => put(name, event.currentTarget.value),
    };
    if (column.kind === 'numeric') {
        const hint = mean === undefined ? '' : `mean ${number(mean)}${deviation === undefined ? '' : ` ± ${number(deviation)}`}`;
        return (
            <label>
                {name} <small>{hint}</small>
                <input inputMode="decimal" autocomplete="off" placeholder={mean === undefined ? '' : number(mean)} {...common} />
            </label>
        );
    }
    if (category_count <= categories.length) {
        return (
            <label>
                {name}
                <select {...common}>
                    <option value="">missing</option>
                    {categories.map((one) => (
                        <option key={one} value={one}>
                            {one}
                        </option>
                    ))}
                </select>
            </label>
        );
    }
    return (
        <label>
            {name} <small>one of {count(category_count)}, such as {categories.slice(0, 3).join(', ')}</small>
            <input autocomplete="off" spellcheck={false} {...common} />
        </label>
    );
}
