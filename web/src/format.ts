// Numbers as people read them; null, which stands for "does not exist", becomes a dash.

export const missing = '–';

type Maybe = number | null | undefined;

function shown(value: Maybe, text: (value: number) => string): string {
    return value === null || value === undefined || !Number.isFinite(value) ? missing : text(value);
}

/** Made once: that takes longer than a hundred numbers. */
const whole = new Intl.NumberFormat('en');

export function count(value: Maybe): string {
    return shown(value, (number) => whole.format(number));
}

/** 0.8412 is "84.1 %". */
export function percent(share: Maybe, digits = 1): string {
    return shown(share, (number) => `${(number * 100).toFixed(digits)} %`);
}

/** With so many digits, and never as minus nothing. */
export function fixed(value: Maybe, digits = 2): string {
    return shown(value, (number) => number.toFixed(digits).replace(/^-(0\.?0*)$/, '$1').replace('-', '−'));
}

export function loss(value: Maybe): string {
    return shown(value, (number) => {
        const size = Math.abs(number);
        return size !== 0 && (size < 0.001 || size >= 100_000)
            ? number.toExponential(2)
            : number.toFixed(size < 10 ? 4 : 2);
    });
}

export function bytes(value: Maybe): string {
    return shown(value, (number) => {
        const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
        let unit = 0;
        let rest = number;
        // 1023.5 and more would print as 1024 of the smaller unit.
        while (rest >= 1023.5 && unit + 1 < units.length) {
            rest /= 1024;
            unit += 1;
        }
        const digits = unit === 0 || rest >= 99.95 ? 0 : 1;
        return `${rest.toFixed(digits)} ${units[unit]}`;
    });
}

/** Takes seconds: "0.042 s", "3.2 s", "1:05", "2:03:09". */
export function duration(seconds: Maybe): string {
    return shown(seconds, (number) => {
        if (number < 0.0005) {
            return '0 s';
        }
        if (number < 9.95) {
            return `${number.toFixed(number < 0.1 ? 3 : number < 1 ? 2 : 1)} s`;
        }
        return number < 59.5 ? `${Math.round(number)} s` : clock(number);
    });
}

/** Takes seconds and gives "m:ss" or "h:mm:ss", which does not jump in width while it counts. */
export function clock(seconds: Maybe): string {
    return shown(seconds, (number) => {
        const whole = Math.max(0, Math.round(number));
        const two = (value: number): string => String(value).padStart(2, '0');
        const minutes = Math.floor(whole / 60);
        const tail = `${two(whole % 60)}`;
        return minutes < 60
            ? `${minutes}:${tail}`
            : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
    });
}

export function milliseconds(value: Maybe): string {
    return shown(value, (number) => `${number.toFixed(number < 1 ? 2 : number < 100 ? 1 : 0)} ms`);
}

/** Takes Unix seconds and gives the local time of day. */
export function time_of_day(unix_seconds: Maybe): string {
    return shown(unix_seconds, (number) => new Date(number * 1000).toLocaleTimeString('en-GB'));
}

/** Ascending numbers in short: [0, 1, 2, 5] is "0–2, 5". */
export function ranges(numbers: readonly number[]): string {
    const sorted = [...numbers].sort((a, b) => a - b);
    const parts: string[] = [];
    for (let start = 0; start < sorted.length;) {
        let end = start;
        while (end + 1 < sorted.length && sorted[end + 1] === sorted[end]! + 1) {
            end += 1;
        }
        const length = end - start + 1;
        if (length > 2) {
            parts.push(`${sorted[start]}–${sorted[end]}`);
        } else {
            parts.push(...sorted.slice(start, end + 1).map(String));
        }
        start = end + 1;
    }
    return parts.length > 0 ? parts.join(', ') : missing;
}

export function plural(number: number, one: string, many = `${one}s`): string {
    return `${count(number)} ${number === 1 ? one : many}`;
}

/** Day and time where the reader is. */
export function date(unix_seconds: number): string {
    const at = new Date(unix_seconds * 1000);
    return `${at.toLocaleDateString('en-CA')} ${at.toLocaleTimeString('en-GB')}`;
}

/** The same in short: "28 Nov, 21:04", of another year with that. */
export function short_date(unix_seconds: number): string {
    const at = new Date(unix_seconds * 1000);
    const is_past_year = at.getFullYear() !== new Date().getFullYear();
    return at.toLocaleString('en-GB', { day: 'numeric', month: 'short', ...(is_past_year ? { year: 'numeric' } : {}), hour: '2-digit', minute: '2-digit' });
}
