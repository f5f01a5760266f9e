// What somebody who looks elsewhere should know: in the title, in the icon, and where it is wanted as a notification.
import { computed, effect, signal } from '@preact/signals';
import { ending_health, learning_health, stalled_health } from './models/health';
import { present } from './store';

export interface Alert {
    /** Changes when there is something new to tell. */
    key: string;
    sign: string;
    colour: string;
    text: string;
}

const colours: Record<string, string> = { bad: '#d3362b', warning: '#c77700', good: '#1d8a4b' };
/** Of how a training ended. */
const signs: Record<string, string> = { bad: '✕', warning: '■', good: '✓' };

/** All there is to tell, the gravest first. */
const alerts = computed((): Alert[] => {
    if (present.value === null) {
        return [];
    }
    const { ending, training, rounds, workers, status: known } = present.value;
    const found: Alert[] = [];
    const add = (what: string, tone: string, text: string, sign = '▲'): void => {
        found.push({ key: `${known.run}/${what}`, sign, colour: colours[tone]!, text });
    };
    if (ending !== null && training !== true) {
        const { text, tone } = ending_health(ending, rounds);
        add(`${ending.outcome}/${ending.round}`, tone, text, signs[tone]);
        return found;
    }
    const since = known.stalled_since;
    if (typeof since === 'number') {
        add(`stalled/${since}`, 'warning', stalled_health(since, since + known.deadline)!.text);
    }
    for (const { name, state, standing, reason } of workers) {
        if (state !== 'gone' && standing === 'left_out') {
            add(`left out/${name}`, 'warning', `${name} is left out: ${reason}`);
        }
    }
    if (rounds.length > 0 && training === true) {
        const { text, tone } = learning_health(rounds);
        if (tone === 'bad' || tone === 'warning') {
            add(text.split(':')[0]!, tone, text);
        }
    }
    return found;
});

export const alert = computed((): Alert | null => alerts.value[0] ?? null);

const storage_key = 'fedasio-notify';

function remembered(): boolean {
    try {
        return localStorage.getItem(storage_key) === 'on' && Notification.permission === 'granted';
    } catch {
        return false;
    }
}

export const notifies = signal(remembered());

/** Asks the browser's leave, which the reader gives or not. */
export async function set_notifies(on: boolean): Promise<void> {
    const allowed = on && 'Notification' in window && (await Notification.requestPermission()) === 'granted';
    notifies.value = allowed;
    try {
        localStorage.setItem(storage_key, allowed ? 'on' : 'off');
    } catch {
        // Storage may be forbidden; the choice then holds until the page is closed.
    }
}

/** The icon with a spot in its corner. */
function icon(colour: string): string {
    const spot = `<circle cx="24" cy="24" r="8" fill="${colour}" stroke="#fff" stroke-width="2"/>`;
    const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b63a5"/><circle cx="13" cy="13" r="6" fill="#fff"/>${spot}</svg>`;
    return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

export function start(): void {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const plain = link?.getAttribute('href') ?? '';
    let told: Set<string> | null = null;
    effect(() => {
        const found = alert.value;
        link?.setAttribute('href', found === null ? plain : icon(found.colour));
        for (const { key, text } of alerts.value) {
            // What is so on opening is no news.
            if (told !== null && !told.has(key) && notifies.peek() && document.hidden) {
                new Notification(present.peek()?.status.plan ?? 'fedasio', { body: text, tag: key });
            }
        }
        told = present.value === null ? null : new Set(alerts.value.map(({ key }) => key));
    });
}
