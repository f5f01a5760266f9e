// Who holds a round up.
import type { Lane } from './lane';
import { median } from './statistics';

/** So many times the median of the others' time counts as late. */
export const late_factor = 2;
/** Fewer workers have no usual time. */
const fewest = 3;

/** Workers that were at work far longer than most, between the start of a round and now or its end. */
export function late_workers(lanes: readonly Lane[], from: number, to: number): number[] {
    const times: { worker: number; seconds: number }[] = [];
    for (const lane of lanes) {
        const until = lane.busy_until(from, to);
        if (until !== null && until > from) {
            times.push({ worker: lane.worker, seconds: until - from });
        }
    }
    if (times.length < fewest) {
        return [];
    }
    const usual = median(times.map((one) => one.seconds));
    return times.filter((one) => one.seconds > late_factor * usual).map((one) => one.worker);
}
