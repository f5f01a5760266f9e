import type { Ref } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Does something once the element is a screen's height from view, and again when `of` is another. */
export function use_near<E extends Element>(act: () => void, of: unknown[]): Ref<E> {
    const element = useRef<E>(null);
    useEffect(() => {
        const observer = new IntersectionObserver(
            (seen) => {
                if (seen.some(({ isIntersecting }) => isIntersecting)) {
                    observer.disconnect();
                    act();
                }
            },
            { rootMargin: '100%' },
        );
        if (element.current !== null) {
            observer.observe(element.current);
        }
        return () => observer.disconnect();
    }, of);
    return element;
}
