import type { Signal } from '@preact/signals';

interface Props {
    label: string;
    test_id: string;
    text: Signal<string>;
    placeholder?: string;
    whole?: boolean;
    note?: string;
}

/** A text field for a number: what is not one is for the caller to say, and is not lost. */
export function NumberField({ label, test_id, text, placeholder, whole = false, note }: Props) {
    return (
        <label>
            {label}
            <input
                data-testid={test_id}
                inputMode={whole ? 'numeric' : 'decimal'}
                autocomplete="off"
                placeholder={placeholder}
                value={text.value}
                onInput={(event) => {
                    text.value = event.currentTarget.value;
                }}
            />
            {note !== undefined && <small>{note}</small>}
        </label>
    );
}
