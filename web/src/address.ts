// What the page shows, as text after the # of its address: "#/workers?sort=loss&client=3". Pure.

export const views = ['run', 'workers', 'network', 'history', 'log', 'plan'] as const;
export type View = (typeof views)[number];

export interface Address {
    view: View;
    params: Record<string, string>;
}

/** Takes what follows the #; what it does not know is the run. */
export function parse(hash: string): Address {
    const text = hash.replace(/^#?\/?/, '');
    const [name = '', query = ''] = text.split(/\?(.*)/s);
    const view = views.find((known) => known === name) ?? 'run';
    return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** Leaves out what is empty, so that the plain view has the plain address. */
export function format({ view, params }: Address): string {
    const kept = Object.entries(params).filter(([, value]) => value !== '');
    const query = new URLSearchParams(kept).toString();
    return query === '' ? `#/${view}` : `#/${view}?${query}`;
}
