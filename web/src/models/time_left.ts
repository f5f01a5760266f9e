// How long a training may still take.
import type { Round } from '../protocol/run';
import { median } from './statistics';

/** The latest rounds tell more of the next ones than those of long ago. */
const looked_at = 20;

/** Seconds of the usual round, what is between rounds included; null before the first. */
export function usual_round(rounds: readonly Round[]): number | null {
    const recent = rounds.slice(-looked_at - 1);
    const spans = recent.slice(1).map((round, place) => round.time - recent[place]!.time);
    const first = recent[0];
    if (first === undefined) {
        return null;
    }
    return spans.length > 0
        ? Math.max(0, median(spans))
        : Object.values(first.seconds).reduce((sum, seconds) => sum + seconds, 0);
}

/** In words that change seldom: what is guessed is not told to the second. */
export function roughly(seconds: number): string {
    if (seconds < 90) {
        return `${Math.max(5, 5 * Math.round(seconds / 5))} s`;
    }
    const minutes = seconds / 60;
    if (minutes < 90) {
        return `${minutes < 10 ? Math.round(minutes) : 5 * Math.round(minutes / 5)} min`;
    }
    const hours = minutes / 60;
    return hours < 48 ? `${Number(hours.toFixed(hours < 10 ? 1 : 0))} h` : `${Math.round(hours / 24)} days`;
}

/** Of a training that ends after `last_round` at the latest; empty where nothing can be said. */
export function time_left(rounds: readonly Round[], last_round: number, has_target: boolean): string {
    const usual = usual_round(rounds);
    const open = last_round - (rounds.at(-1)?.round ?? 0);
    if (usual === null || open <= 0) {
        return '';
    }
    return `${has_target ? 'at most ' : 'about '}${roughly(open * usual)} left`;
}
