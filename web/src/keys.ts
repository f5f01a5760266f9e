// The keyboard: one key, one deed.
import { signal } from '@preact/signals';
import { views, type View } from './address';
import { go, go_back_to, param, set_params, view } from './route';
import { answer, ask_to_evict, dialog, use } from './steering';
import { choose, theme } from './theme';

export const view_names: Record<View, string> = {
    run: 'Run',
    workers: 'Workers',
    network: 'Network',
    history: 'History',
    log: 'Log',
    plan: 'Plan',
};

const storage_key = 'fedasio-keys';

function remembered(): boolean {
    try {
        return localStorage.getItem(storage_key) !== 'off';
    } catch {
        return true;
    }
}

/** Those who speak to their computer need single keys to do nothing. */
export const keys_are_on = signal(remembered());

export function set_keys_on(on: boolean): void {
    keys_are_on.value = on;
    try {
        localStorage.setItem(storage_key, on ? 'on' : 'off');
    } catch {
        // Storage may be forbidden; the choice then holds until the page is closed.
    }
}

const deeds: Record<string, () => void> = {
    '?': () => {
        dialog.value = { name: 'keys' };
    },
    t: () => use('train'),
    p: () => use('pause'),
    r: () => use('resume'),
    s: () => use('stop'),
    v: () => use('save'),
    o: () => use('load'),
    c: () => use('change'),
    e: () => {
        if (param('worker_card') !== '') {
            ask_to_evict(Number(param('worker_card')));
        }
    },
    n: () => go('plan'),
    d: () => choose(theme.peek() === 'dark' ? 'light' : 'dark'),
    x: () => set_params({ x: param('x') === 'time' ? null : 'time', from: null, to: null }),
    l: () => set_params({ log: param('log') === '1' ? null : '1' }),
    '/': () => document.querySelector<HTMLElement>('input[type="search"]')?.focus(),
    Escape: () => {
        if (param('client') !== '' || param('worker_card') !== '') {
            set_params({ client: null, worker_card: null }, 'push');
        } else {
            answer.value = null;
        }
    },
};
views.forEach((name, place) => {
    deeds[String(place + 1)] = () => go_back_to(name);
});

export const key_help: { title: string; keys: [string, string][] }[] = [
    {
        title: 'Views',
        keys: views.map((name, place) => [String(place + 1), view_names[name]]),
    },
    {
        title: 'Steering',
        keys: [
            ['t', 'train'],
            ['p', 'pause'],
            ['r', 'resume'],
            ['s', 'stop'],
            ['c', 'change the running plan'],
            ['v', 'save the model'],
            ['o', 'load a model'],
            ['e', 'evict the worker that is open'],
            ['n', 'new run'],
        ],
    },
    {
        title: 'Page',
        keys: [
            ['x', 'curves by round or by time'],
            ['l', 'logarithmic loss'],
            ['/', 'go to the filter'],
            ['\u2191 \u2193', 'next row of a table'],
            ['Enter', 'open it'],
            ['Esc', 'close it'],
            ['d', 'dark or light'],
            ['?', 'these keys'],
        ],
    },
];

function is_typing(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
}

export function start(): void {
    addEventListener('keydown', (event) => {
        const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
        if (!plain || event.defaultPrevented || dialog.value !== null) {
            return;
        }
        if (is_typing(event.target)) {
            if (event.key === 'Escape' && view.value !== 'plan') {
                (event.target as HTMLElement).blur();
            }
            return;
        }
        const deed = deeds[event.key];
        if (deed !== undefined && (keys_are_on.value || event.key === 'Escape')) {
            event.preventDefault();
            deed();
        }
    });
}
