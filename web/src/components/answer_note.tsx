import { useEffect } from 'preact/hooks';
import { time_of_day } from '../format';
import { answer } from '../steering';

/** Milliseconds that good news stay; what was refused stays until it is closed. */
const shown_for = 8_000;

/** What came of the last command. */
export function AnswerNote() {
    const said = answer.value;
    useEffect(() => {
        if (said?.outcome !== 'accepted') {
            return;
        }
        const timer = setTimeout(() => {
            if (answer.peek() === said) {
                answer.value = null;
            }
        }, shown_for);
        return () => clearTimeout(timer);
    }, [said]);
    return (
        <div class="answer-place" role="status" aria-live="polite">
            {said !== null && (
                <p
                    class={`answer answer-${said.outcome}`}
                    data-testid="answer"
                    data-outcome={said.outcome}
                    data-number={said.number}
                >
                    <span>
                        <time>{time_of_day(said.time)}</time> {said.text}
                    </span>
                    <button
                        type="button"
                        class="quiet"
                        aria-label="Close this message"
                        onClick={() => {
                            answer.value = null;
                        }}
                    >
                        ✕
                    </button>
                </p>
            )}
        </div>
    );
}
