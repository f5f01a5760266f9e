// Which rounds get a line, and which a number, where only so many have room. As the window goes on, a round that
// has a number keeps it.
export interface RoundMark {
    round: number;
    /** Of its line, in pixels. */
    x: number;
}

/** Pixels between two lines, at least. */
const line_distance = 6;

/** Those that are far enough from the one before. */
function apart(marks: readonly RoundMark[], distance: number): RoundMark[] {
    const kept: RoundMark[] = [];
    for (const mark of marks) {
        if (mark.x - (kept.at(-1)?.x ?? -Infinity) >= distance) {
            kept.push(mark);
        }
    }
    return kept;
}

export function lines_of(marks: readonly RoundMark[]): RoundMark[] {
    return apart(marks, line_distance);
}

/** Each, every second, fifth, tenth…, as the usual distance has room for numbers of this width. */
export function numbered(marks: readonly RoundMark[], width: number): RoundMark[] {
    const gaps = marks.slice(1).map(({ x }, place) => x - marks[place]!.x);
    gaps.sort((a, b) => a - b);
    const usual = Math.max(gaps[Math.floor(gaps.length / 2)] ?? Infinity, 0.01);
    let step = 1;
    while (step * usual < width) {
        step *= String(step).startsWith('2') ? 2.5 : 2;
    }
    return apart(
        marks.filter(({ round }) => round % step === 0),
        width,
    );
}
