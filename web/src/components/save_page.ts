// What is seen of a run as one file that needs nothing else: pictures and styles in it, no program.
import { get_json } from '../api';
import { save_file } from '../download';
import { json_text } from '../models/exact_json';

function with_pictures(from: Element, to: Element): void {
    const drawn = [...from.querySelectorAll('canvas')];
    [...to.querySelectorAll('canvas')].forEach((canvas, place) => {
        const picture = document.createElement('img');
        const original = drawn[place]!;
        picture.src = original.toDataURL();
        picture.alt = canvas.getAttribute('aria-label') ?? '';
        picture.setAttribute('style', `width:${original.clientWidth}px;height:${original.clientHeight}px`);
        canvas.replaceWith(picture);
    });
}

function styles(): string {
    return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join('\n');
}

/** Saves the view with the report of the run in it, as JSON. */
export async function save_page(run: string, title: string): Promise<void> {
    const report = await get_json<unknown>(run === '' ? 'report' : `runs/${run}/report`).catch(() => null);
    const shown = document.getElementById('main')!;
    const copy = shown.cloneNode(true) as Element;
    with_pictures(shown, copy);
    copy.querySelectorAll('button, input, select, .tools, .u-cursor-x, .u-select').forEach((one) => one.remove());
    // What was not open has nothing in it, and what only led to something has nothing left.
    copy.querySelectorAll('details:not([open])').forEach((one) => one.remove());
    copy.querySelectorAll('section:not(:has(p, li, dl, table, svg, img))').forEach((one) => one.remove());
    copy.querySelectorAll('a').forEach((one) => one.removeAttribute('href'));
    const page = document.implementation.createHTMLDocument(title);
    page.documentElement.dataset['theme'] = document.documentElement.dataset['theme'] ?? 'light';
    const style = page.createElement('style');
    style.textContent = styles();
    page.head.append(style);
    const heading = page.createElement('h1');
    heading.textContent = title;
    heading.className = 'saved-title';
    const data = page.createElement('script');
    data.type = 'application/json';
    data.id = 'report';
    // No text of a run ends the element.
    data.textContent = json_text(report).replace(/</g, '\\u003c');
    page.body.append(heading, page.adoptNode(copy), data);
    save_file(`${title.replace(/\W+/g, '-').toLowerCase()}.html`, 'text/html', `<!doctype html>\n${page.documentElement.outerHTML}`);
}
