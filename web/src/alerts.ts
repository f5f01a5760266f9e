// What somebody who looks elsewhere should know: in the title, in the icon, and where it is wanted as a notification.
import { computed, effect, signal } from '@preact/signals';
import { ending_health, learning_health } from './models/health';
import { present } from './store';

export interface Alert {
    /** Changes when there is something new to tell. */
    key: string;
    sign: string;
    colour: string;
    text: string;
}

const bad = '#d3362b';
const warning = '#c77700';
const good = '#1d8a4b';

/** The gravest thing there is to tell; null when all is as it should be. */
export const alert = computed((): Alert | null => {
    if (present.value === null) {
        return null;
    }
    const { ending, training, rounds, workers, status: known } = present.value;
    if (ending !== null && training !== true) {
        const { text, tone } = ending_health(ending, rounds);
        const [sign, colour] = tone === 'bad' ? ['✕', bad] : tone === 'good' ? ['✓', good] : ['■', warning];
        return { key: `${known.run}/${ending.outcome}/${ending.round}`, sign: sign!, colour: colour!, text };
    }
    const left_out = workers.filter((one) => one.state !== 'gone' && one.standing === 'left_out');
    if (left_out.length > 0) {
        const names = left_out.map((one) => one.name).join(', ');
        return { key: `${known.run}/left out/${names}`, sign: '▲', colour: warning, text: `Left out: ${names}` };
    }
    if (rounds.length > 0 && training === true) {
        const { text, tone } = learning_health(rounds);
        if (tone === 'bad' || tone === 'warning') {
            const key = `${known.run}/${text.split(':')[0]}`;
            return { key, sign: '▲', colour: tone === 'bad' ? bad : warning, text };
        }
    }
    return null;
});

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
    let told: string | null = null;
    effect(() => {
        const found = alert.value;
        link?.setAttribute('href', found === null ? plain : icon(found.colour));
        const key = found?.key ?? '';
        // What is so on opening is no news.
        if (told !== null && key !== '' && key !== told && notifies.peek() && document.hidden) {
            new Notification(present.peek()?.status.plan ?? 'fedasio', { body: found!.text, tag: 'fedasio' });
        }
        told = present.value === null ? null : key;
    });
}
