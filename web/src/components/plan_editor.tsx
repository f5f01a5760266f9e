import { useEffect, useRef } from 'preact/hooks';
import { check, cursor, text } from '../draft';
import { count_lines, place_of } from '../models/lines';

/** Pixels; the style sheet gives lines this height. */
const line_height = 20;
const padding = 8;

/** A text with line numbers, and a mark at the line that is wrong. */
export function PlanEditor({ editor }: { editor: { current: HTMLTextAreaElement | null } }) {
    const gutter = useRef<HTMLPreElement>(null);
    const mark = useRef<HTMLDivElement>(null);
    const value = text.value ?? '';
    const found = check.value;
    const wrong = found !== null && !found.ok ? found.line : null;
    const lines = count_lines(value);
    const scroll = (): void => {
        const top = editor.current!.scrollTop;
        gutter.current!.scrollTop = top;
        mark.current!.style.transform = `translateY(${((wrong ?? 1) - 1) * line_height + padding - top}px)`;
    };
    useEffect(scroll, [wrong, value]);
    const see = (): void => {
        cursor.value = editor.current!.selectionStart;
    };
    return (
        <div class="editor">
            <div class={wrong === null ? 'hidden' : 'editor-mark'} ref={mark} />
            <pre class="editor-lines" ref={gutter} aria-hidden="true">
                {Array.from({ length: lines }, (_, place) => (
                    <span key={place} class={place + 1 === wrong ? 'line-wrong' : undefined}>
                        {place + 1}
                        {'\n'}
                    </span>
                ))}
            </pre>
            <textarea
                ref={editor}
                data-testid="plan-text"
                aria-label="Plan"
                aria-invalid={found !== null && !found.ok}
                aria-describedby="plan-verdict"
                wrap="off"
                spellcheck={false}
                autocomplete="off"
                value={value}
                onInput={(event) => {
                    text.value = event.currentTarget.value;
                    see();
                }}
                onKeyUp={see}
                onClick={see}
                onScroll={scroll}
                onKeyDown={(event) => indent(event)}
            />
        </div>
    );
}

/** A new line begins where the one before does. Tab is left alone: it leads out of the field. */
function indent(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.ctrlKey || event.isComposing) {
        return;
    }
    const field = event.currentTarget as HTMLTextAreaElement;
    const before = field.value.slice(0, field.selectionStart);
    const [space = ''] = /^[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1)) ?? [];
    const deeper = /[{[]\s*$/.test(before) ? '  ' : '';
    event.preventDefault();
    insert(field, `\n${space}${deeper}`);
}

/** Types a text at the cursor, so that it can be undone. */
export function insert(field: HTMLTextAreaElement, typed: string): void {
    field.focus();
    if (!document.execCommand('insertText', false, typed)) {
        field.setRangeText(typed, field.selectionStart, field.selectionEnd, 'end');
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
}

/** Puts the cursor at a line and column, both from 1; columns count bytes of UTF-8. */
export function show_place(field: HTMLTextAreaElement, line: number, column: number): void {
    const at = place_of(field.value, line, column);
    field.focus();
    field.setSelectionRange(at, at);
    field.scrollTop = Math.max(0, (line - 5) * line_height);
    cursor.value = at;
}
