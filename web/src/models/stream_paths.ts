// The task stream as paths of an SVG: one for each thing that workers do, whatever their number.
import { doings, type Doing, type Lane } from './lane';

export interface Frame {
    /** Unix seconds at the left and the right edge. */
    from: number;
    to: number;
    /** Of the drawing, in pixels. */
    width: number;
    row_height: number;
    bar_height: number;
}

/** What fills most of each pixel; spans can be far narrower than one. */
function pixels(lane: Lane, { from, to, width }: Frame): (Doing | null)[] {
    const columns = Math.ceil(width);
    const best = new Array<Doing | null>(columns).fill(null);
    const scale = width / (to - from);
    let column = 0;
    let sums = new Map<Doing | null, number>();
    const settle = (): void => {
        let most = 0;
        for (const [what, share] of sums) {
            if (share > most) {
                most = share;
                best[column] = what;
            }
        }
        sums = new Map();
    };
    for (let place = Math.max(0, lane.at(from)); place < lane.times.length; place += 1) {
        const start = (Math.max(from, lane.times[place]!) - from) * scale;
        const end = Math.min(width, ((lane.times[place + 1] ?? to) - from) * scale);
        const what = lane.what[place] ?? null;
        if (start >= width) {
            break;
        }
        for (let at = start; at < end;) {
            const here = Math.min(columns - 1, Math.floor(at));
            if (here !== column) {
                settle();
                column = here;
            }
            const next = Math.min(end, here + 1);
            sums.set(what, (sums.get(what) ?? 0) + next - at);
            at = next > at ? next : end;
        }
    }
    settle();
    return best;
}

export function stream_paths(lanes: readonly Lane[], frame: Frame): Record<Doing, string> {
    const parts: Record<Doing, string[]> = {
        receiving: [],
        loading: [],
        training: [],
        sending: [],
        waiting: [],
        gone: [],
    };
    lanes.forEach((lane, row) => {
        const top = row * frame.row_height + (frame.row_height - frame.bar_height) / 2;
        const row_pixels = pixels(lane, frame);
        for (let start = 0; start < row_pixels.length;) {
            const what = row_pixels[start]!;
            let end = start + 1;
            while (end < row_pixels.length && row_pixels[end] === what) {
                end += 1;
            }
            if (what !== null) {
                // Who waits or is gone is a thin line, so that work stands out in any colours.
                const thin = what === 'waiting' || what === 'gone';
                const y = thin ? top + frame.bar_height / 2 - 1 : top;
                parts[what].push(`M${start} ${y}H${end}v${thin ? 2 : frame.bar_height}H${start}z`);
            }
            start = end;
        }
    });
    return Object.fromEntries(doings.map((what) => [what, parts[what].join('')])) as Record<Doing, string>;
}

/** Round times for an axis, at most so many, in steps that people count in. */
export function time_ticks(from: number, to: number, most: number): number[] {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
    const step = steps.find((one) => (to - from) / one <= most) ?? 14_400;
    const ticks: number[] = [];
    for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
        ticks.push(tick);
    }
    return ticks;
}
