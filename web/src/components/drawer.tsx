import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { set_params } from '../route';

interface Props {
    title: string;
    test_id: string;
    /** Changes when another thing is shown. */
    subject: string;
    children: ComponentChildren;
}

/** A panel beside the view; Escape, its button and "back" close it. */
export function Drawer({ title, test_id, subject, children }: Props) {
    const element = useRef<HTMLElement>(null);
    const opener = useRef<Element | null>(null);
    useEffect(() => {
        opener.current = document.activeElement;
        return () => {
            if (opener.current instanceof HTMLElement && opener.current.isConnected) {
                opener.current.focus();
            }
        };
    }, []);
    useEffect(() => element.current!.focus({ preventScroll: true }), [subject]);
    return (
        <aside class="drawer" ref={element} tabIndex={-1} aria-labelledby="drawer-title" data-testid={test_id}>
            <div class="drawer-head">
                <h2 id="drawer-title">{title}</h2>
                <button
                    type="button"
                    class="quiet"
                    data-testid="drawer-close"
                    aria-label="Close"
                    title="Close (Esc)"
                    onClick={() => set_params({ client: null, worker_card: null }, 'push')}
                >
                    ✕
                </button>
            </div>
            {children}
        </aside>
    );
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
    return (
        <dl class="fact-list">
            {rows.map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
