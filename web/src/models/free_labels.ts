// Where texts beside marks go, so that none lies on another or on a mark.

interface Point {
    x: number;
    y: number;
}

interface Box {
    left: number;
    right: number;
    top: number;
    bottom: number;
}

/** Pixels: of half a mark, between it and its text, and of half a line of text. */
const mark = 6;
const gap = 3;
const half_line = 6;

/** Left end and middle of each text, beside, above or below its mark; null where there is no room for it. */
export function free_labels(marks: readonly Point[], widths: readonly number[], within: Box): (Point | null)[] {
    const taken = marks.map(({ x, y }): Box => ({ left: x - mark, right: x + mark, top: y - mark, bottom: y + mark }));
    return marks.map(({ x, y }, place) => {
        const wide = widths[place]!;
        const away = mark + gap;
        const choices: Point[] = [
            { x: x + away, y },
            { x: x - away - wide, y },
            { x: x - wide / 2, y: y - away - half_line },
            { x: x - wide / 2, y: y + away + half_line },
        ];
        for (const at of choices) {
            const box: Box = { left: at.x, right: at.x + wide, top: at.y - half_line, bottom: at.y + half_line };
            const is_inside = box.left >= within.left && box.right <= within.right && box.top >= within.top && box.bottom <= within.bottom;
            if (is_inside && !taken.some((other) => touch(box, other))) {
                taken.push(box);
                return at;
            }
        }
        return null;
    });
}

function touch(one: Box, other: Box): boolean {
    return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
