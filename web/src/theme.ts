// Light or dark: the system's choice unless the reader made one, which the browser remembers.
import { computed, effect, signal } from '@preact/signals';

export type Choice = 'system' | 'light' | 'dark';

const key = 'fedasio-theme';
const system_dark = matchMedia('(prefers-color-scheme: dark)');
const system = signal<'light' | 'dark'>(system_dark.matches ? 'dark' : 'light');

function remembered(): Choice {
    try {
        const value = localStorage.getItem(key);
        return value === 'light' || value === 'dark' ? value : 'system';
    } catch {
        return 'system';
    }
}

export const choice = signal<Choice>(remembered());
export const theme = computed(() => (choice.value === 'system' ? system.value : choice.value));

export function choose(next: Choice): void {
    choice.value = next;
    try {
        localStorage.setItem(key, next);
    } catch {
        // Storage may be forbidden; the choice then holds until the page is closed.
    }
}

export function start(): void {
    system_dark.addEventListener('change', (event) => {
        system.value = event.matches ? 'dark' : 'light';
    });
    effect(() => {
        document.documentElement.dataset['theme'] = theme.value;
    });
}
