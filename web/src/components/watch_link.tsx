import { useSignal } from '@preact/signals';
import { get_json, why } from '../api';
import { date } from '../format';

const lengths: [number, string][] = [
    [1, 'an hour'],
    [24, 'a day'],
    [168, 'a week'],
    [720, '30 days'],
];

/** Makes an address by which others may watch for a while, and not steer. */
export function WatchLink() {
    const hours = useSignal(24);
    const made = useSignal<{ address: string; expires: number } | null>(null);
    const wrong = useSignal<string | null>(null);
    const make = async (): Promise<void> => {
        wrong.value = null;
        try {
            const { link, expires } = await get_json<{ link: string; expires: number }>('links', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ hours: hours.value }),
            });
            made.value = { address: new URL(link, document.baseURI.replace(/[?#].*/, '')).href, expires };
        } catch (error) {
            wrong.value = why(error);
        }
    };
    return (
        <section class="watch-link">
            <h3>A link to watch</h3>
            <p class="hint">Whoever has it sees this page and cannot steer.</p>
            <div class="tools">
                <label class="check">
                    for{' '}
                    <select
                        data-testid="link-hours"
                        value={String(hours.value)}
                        onChange={(event) => (hours.value = Number(event.currentTarget.value))}
                    >
                        {lengths.map(([value, name]) => (
                            <option key={value} value={String(value)}>
                                {name}
                            </option>
                        ))}
                    </select>
                </label>
                <button type="button" data-testid="link-make" onClick={() => void make()}>
                    Make a link
                </button>
            </div>
            {made.value !== null && (
                <>
                    <input
                        readOnly
                        class="link-address"
                        data-testid="link-address"
                        aria-label="The link"
                        value={made.value.address}
                        onFocus={(event) => event.currentTarget.select()}
                    />
                    <p class="hint">It opens the page until {date(made.value.expires)}.</p>
                </>
            )}
            {wrong.value !== null && (
                <p class="dialog-said" role="alert">
                    {wrong.value}
                </p>
            )}
        </section>
    );
}
