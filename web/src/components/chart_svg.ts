// A chart as a drawing that can be scaled and edited, in the colours of the page.
import type uPlot from 'uplot';
import { save_file } from '../download';
import type { Band, ChartMark, Curve } from './chart';

export interface Drawing {
    title: string;
    x: readonly number[];
    curves: readonly Curve[];
    band: Band | undefined;
    target: number | null;
    marks: readonly ChartMark[];
    plot: uPlot;
}

const head = 48;

const escape = (text: string): string => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** What uPlot has worked out for an axis when it drew it. */
interface Axis {
    _splits?: number[] | null;
    _values?: (string | null)[] | null;
}

export function chart_svg({ title, x, curves, band, target, marks, plot }: Drawing, colour: (name: string) => string): string {
    const scale = 1 / devicePixelRatio;
    const width = plot.ctx.canvas.width * scale;
    const height = plot.ctx.canvas.height * scale + head;
    const box = { left: plot.bbox.left * scale, top: plot.bbox.top * scale + head, width: plot.bbox.width * scale, height: plot.bbox.height * scale };
    const at_x = (value: number): number => plot.valToPos(value, 'x', true) * scale;
    const at_y = (value: number): number => plot.valToPos(value, 'y', true) * scale + head;
    const point = (place: number, value: number): string => `${at_x(x[place]!).toFixed(1)},${at_y(value).toFixed(1)}`;
    const points = (values: readonly (number | null)[]): string =>
        values.flatMap((value, place) => (value === null ? [] : [point(place, value)])).join(' ');
    const line = (values: readonly (number | null)[], stroke: string, more: string): string =>
        `<polyline points="${points(values)}" fill="none" stroke="${stroke}" ${more}/>`;
    const [axis_x, axis_y] = plot.axes as unknown as [Axis, Axis];
    const ticks = (axis: Axis, draw: (value: number, text: string) => string): string =>
        (axis._splits ?? []).map((value, place) => draw(value, escape(axis._values?.[place] ?? ''))).join('');
    const grid = `stroke="${colour('grid')}"`;
    const small = `font-size="12" fill="${colour('muted')}"`;
    const bottom = box.top + box.height;
    const right = box.left + box.width;
    const parts = [
        `<rect width="${width}" height="${height}" fill="${colour('page')}"/>`,
        `<text x="${box.left}" y="18" font-size="14" font-weight="600" fill="${colour('text')}">${escape(title)}</text>`,
        ticks(axis_x, (value, text) =>
            `<path d="M${at_x(value)} ${box.top}V${bottom}" ${grid}/><text x="${at_x(value)}" y="${bottom + 18}" text-anchor="middle" ${small}>${text}</text>`),
        ticks(axis_y, (value, text) =>
            `<path d="M${box.left} ${at_y(value)}H${right}" ${grid}/><text x="${box.left - 8}" y="${at_y(value) + 4}" text-anchor="end" ${small}>${text}</text>`),
    ];
    if (band !== undefined) {
        const back = band.low.flatMap((value, place) => (value === null ? [] : [point(place, value)])).reverse();
        parts.push(`<polygon points="${points(band.high)} ${back.join(' ')}" fill="${colour(band.colour)}" fill-opacity=".2"/>`);
    }
    for (const mark of marks) {
        parts.push(`<path d="M${at_x(mark.x)} ${box.top}V${bottom}" stroke="${colour('muted')}" stroke-dasharray="2 3"><title>${escape(mark.text)}</title></path>`);
    }
    if (target !== null) {
        parts.push(`<path d="M${box.left} ${at_y(target)}H${right}" stroke="${colour('target')}" stroke-width="1.5" stroke-dasharray="6 4"/>`);
    }
    let legend = box.left;
    for (const curve of curves) {
        const stroke = colour(curve.colour);
        if (curve.raw !== undefined) {
            parts.push(line(curve.raw, stroke, 'stroke-opacity=".33"'));
        }
        const dash = curve.dashed ? ' stroke-dasharray="6 4"' : '';
        parts.push(line(curve.values, stroke, `stroke-width="2" stroke-linejoin="round"${dash}`));
        parts.push(`<path d="M${legend} 34h16" stroke="${stroke}" stroke-width="2.5"${dash}/><text x="${legend + 22}" y="38" ${small}>${escape(curve.name)}</text>`);
        legend += 44 + 7 * curve.name.length;
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">${parts.join('')}</svg>`;
}

export function save_svg(drawing: Drawing): void {
    const style = getComputedStyle(document.documentElement);
    const text = chart_svg(drawing, (name) => style.getPropertyValue(`--${name}`).trim());
    save_file(`${drawing.title.replace(/\W+/g, '-').toLowerCase()}.svg`, 'image/svg+xml', text);
}
