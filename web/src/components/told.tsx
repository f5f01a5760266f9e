import type { Signal } from '@preact/signals';

/** Below a drawing: what is pointed at. It alone is drawn anew, and not a thousand runs with it. */
export function Told({ told, otherwise }: { told: Signal<string>; otherwise: string }) {
    return <figcaption class="hint one-line">{told.value || otherwise}</figcaption>;
}
