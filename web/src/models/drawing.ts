// What is drawn by hand becomes a sample of the size that the model takes. Pure.

export interface Grey {
    width: number;
    height: number;
    /** 0 to 255, row by row. */
    pixels: Uint8ClampedArray;
}

/** Of a sample of MNIST, what a digit's longer side takes. */
const share = 20 / 28;

/** Where the ink is, and its centre of mass; null: there is none. */
function ink(of: Grey): { left: number; right: number; top: number; bottom: number; x: number; y: number } | null {
    const box = { left: of.width, right: 0, top: of.height, bottom: 0, x: 0, y: 0 };
    let sum = 0;
    of.pixels.forEach((value, at) => {
        if (value > 0) {
            const x = at % of.width;
            const y = Math.floor(at / of.width);
            box.left = Math.min(box.left, x);
            box.right = Math.max(box.right, x + 1);
            box.top = Math.min(box.top, y);
            box.bottom = Math.max(box.bottom, y + 1);
            box.x += value * (x + 0.5);
            box.y += value * (y + 0.5);
            sum += value;
        }
    });
    return sum === 0 ? null : { ...box, x: box.x / sum, y: box.y / sum };
}

/** The mean over a rectangle; what is outside is black. */
function mean(of: Grey, left: number, top: number, size_x: number, size_y: number): number {
    let sum = 0;
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(of.height, top + size_y); y += 1) {
        const rows = Math.min(y + 1, top + size_y) - Math.max(y, top);
        for (let x = Math.max(0, Math.floor(left)); x < Math.min(of.width, left + size_x); x += 1) {
            const columns = Math.min(x + 1, left + size_x) - Math.max(x, left);
            sum += rows * columns * of.pixels[y * of.width + x]!;
        }
    }
    return sum / (size_x * size_y);
}

/**
 * Each pixel is the mean of what it covers. With `centred` the ink is scaled so that its longer side takes 20 of 28
 * pixels, and its centre of mass is moved to the middle, as MNIST's digits are (LeCun et al., 1998).
 */
export function to_sample(drawing: Grey, height: number, width: number, centred: boolean): Grey {
    const box = centred ? ink(drawing) : null;
    let step_x = drawing.width / width;
    let step_y = drawing.height / height;
    let [left, top] = [0, 0];
    if (box !== null) {
        const longer = Math.max(box.right - box.left, box.bottom - box.top);
        step_x = step_y = longer / (share * Math.min(height, width));
        left = box.x - (step_x * width) / 2;
        top = box.y - (step_y * height) / 2;
    }
    const pixels = new Uint8ClampedArray(height * width);
    for (let at = 0; at < pixels.length; at += 1) {
        pixels[at] = mean(drawing, left + (at % width) * step_x, top + Math.floor(at / width) * step_y, step_x, step_y);
    }
    return { width, height, pixels };
}
