// A chart as a picture, with its title and what its lines are.
import { save_blob } from '../download';

const margin = 16;
const line = 20;

export interface Picture {
    title: string;
    /** Colours are names of CSS variables. */
    lines: { name: string; colour: string }[];
    plot: HTMLCanvasElement;
}

/** Saves it as PNG, in the colours of the page. */
export function save_picture({ title, lines, plot }: Picture): void {
    const sharp = devicePixelRatio;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const canvas = document.createElement('canvas');
    canvas.width = plot.width + 2 * margin * sharp;
    canvas.height = plot.height + (2 * margin + 2 * line) * sharp;
    const pen = canvas.getContext('2d')!;
    pen.fillStyle = colour('page');
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.scale(sharp, sharp);
    pen.textBaseline = 'top';
    pen.fillStyle = colour('text');
    pen.font = '600 14px system-ui, sans-serif';
    pen.fillText(title, margin, margin);
    pen.font = '12px system-ui, sans-serif';
    let x = margin;
    for (const one of lines) {
        pen.fillStyle = colour(one.colour);
        pen.fillRect(x, margin + line + 6, 14, 3);
        pen.fillStyle = colour('text');
        pen.fillText(one.name, x + 18, margin + line);
        x += 34 + pen.measureText(one.name).width;
    }
    pen.drawImage(plot, margin, margin + 2 * line, plot.width / sharp, plot.height / sharp);
    canvas.toBlob((blob) => blob !== null && save_blob(`${title.replace(/\W+/g, '-').toLowerCase()}.png`, blob));
}
