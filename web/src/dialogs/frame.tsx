import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { answer, dialog, is_waiting, why_not } from '../steering';
import type { Control } from '../models/controls';

interface Props {
    title: string;
    /** What the button that does it says; without it there is only one that closes. */
    action?: string | undefined;
    danger?: boolean;
    wide?: boolean;
    /** The control whose obstacle holds the button back. */
    control?: Control;
    /** What is wrong with what was typed. */
    wrong?: string | null;
    on_submit?: () => void;
    children: ComponentChildren;
    /** More buttons, before the last. */
    more?: ComponentChildren;
}

/** A modal question: Escape and "Cancel" close it, Enter does it, and what the master refuses stays to be read. */
export function Frame({ title, action, danger, wide, control, wrong, on_submit, children, more }: Props) {
    const element = useRef<HTMLDialogElement>(null);
    const opened_at = useRef(answer.peek()?.number ?? 0);
    useLayoutEffect(() => {
        element.current!.showModal();
        const focused = element.current!.querySelector<HTMLElement>('[autofocus], input, select');
        focused?.focus();
        if (focused instanceof HTMLInputElement) {
            focused.select();
        }
    }, []);
    const obstacle = control === undefined ? null : why_not.value[control];
    const refusal =
        answer.value !== null && answer.value.number > opened_at.current && answer.value.outcome !== 'accepted'
            ? answer.value.text
            : null;
    const said = wrong ?? obstacle ?? refusal;
    return (
        <dialog
            ref={element}
            class={wide ? 'dialog dialog-wide' : 'dialog'}
            aria-labelledby="dialog-title"
            data-testid="dialog"
            onClose={() => {
                dialog.value = null;
            }}
            onClick={(event) => {
                if (event.target === element.current) {
                    element.current!.close();
                }
            }}
        >
            <form
                noValidate
                onSubmit={(event) => {
                    event.preventDefault();
                    if (obstacle === null && !is_waiting.value) {
                        on_submit?.();
                    }
                }}
            >
                <h2 id="dialog-title">{title}</h2>
                {children}
                <p class={said ? 'dialog-said' : 'hidden'} role="alert" data-testid="dialog-said">
                    {said}
                </p>
                <div class="dialog-buttons">
                    <button type="button" data-testid="dialog-cancel" onClick={() => element.current!.close()}>
                        {action === undefined ? 'Close' : 'Cancel'}
                    </button>
                    {more}
                    {action !== undefined && (
                        <button
                            class={danger ? 'danger' : 'primary'}
                            data-testid="dialog-submit"
                            disabled={obstacle !== null || is_waiting.value}
                        >
                            {action}
                        </button>
                    )}
                </div>
            </form>
        </dialog>
    );
}
