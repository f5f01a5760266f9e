// The address as a signal, and the only place that changes it.
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { format, parse, type Address, type View } from './address';

const current = signal<Address>(parse(location.hash));
export const route: ReadonlySignal<Address> = current;
export const view = computed(() => route.value.view);

/** What each view was left with, so that its tab leads back to it. */
const left = signal<Partial<Record<View, Record<string, string>>>>({});
/** What is opened for a moment is not come back to. */
const momentary: ReadonlySet<string> = new Set(['client', 'worker_card', 'of']);
/** The run of the past that is opened; '' for the present one. All views are of it. */
export const opened_run = computed(() => (/^[0-9a-f]+$/.test(param('of')) ? param('of') : ''));

function of_same_run(params: Record<string, string> = {}): Record<string, string> {
    return opened_run.value === '' ? params : { of: opened_run.value, ...params };
}

function remember({ view: here, params }: Address): void {
    const kept = Object.entries(params).filter(([name]) => !momentary.has(name));
    left.value = { ...left.peek(), [here]: Object.fromEntries(kept) };
}

/** Where a tab leads: to the view as it was left. */
export function tab_href(to: View): string {
    return href(to, to === view.value ? {} : left.value[to]);
}

/** Goes to a view as it was left. */
export function go_back_to(to: View): void {
    if (to !== view.peek()) {
        go(to, left.peek()[to]);
    }
}

/** The same from a run that was opened, with some parameters changed. */
export function go_on_to(to: View, changes: Record<string, string>): void {
    go(to, { ...left.peek()[to], ...changes });
}

function show(next: Address, how: 'push' | 'replace'): void {
    const text = format(next);
    if (text !== location.hash) {
        history[how === 'push' ? 'pushState' : 'replaceState'](null, '', text);
    }
    current.value = next;
    remember(next);
}

/** Where another view is shown than the one that was asked for, the address says so. */
export function stand_at(to: View): void {
    show({ view: to, params: current.peek().params }, 'replace');
}

/** Goes to a view with these parameters and no others. */
export function go(to: View, params: Record<string, string> = {}): void {
    show({ view: to, params: of_same_run(params) }, 'push');
}

/**
 * Changes parameters of the present view; null and '' take one out. What is typed replaces the entry of the
 * browser's history, what is opened pushes one, so that "back" closes it.
 */
export function set_params(changes: Record<string, string | null>, how: 'push' | 'replace' = 'replace'): void {
    const { view: here, params } = current.peek();
    const kept = Object.entries({ ...params, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== null && entry[1] !== '',
    );
    show({ view: here, params: Object.fromEntries(kept) }, how);
}

export function param(name: string): string {
    return route.value.params[name] ?? '';
}

export function href(to: View, params: Record<string, string> = {}): string {
    return format({ view: to, params: of_same_run(params) });
}

/** The address of the present view with some parameters changed. */
export function href_with(changes: Record<string, string>): string {
    const { view: here, params } = route.value;
    return format({ view: here, params: { ...params, ...changes } });
}

export function start(): void {
    const read = (): void => {
        current.value = parse(location.hash);
        remember(current.peek());
    };
    read();
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
}
