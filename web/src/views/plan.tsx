import { useEffect, useMemo, useRef } from 'preact/hooks';
import { insert, PlanEditor, show_place } from '../components/plan_editor';
import { begin, check, cursor, draft_error, is_checking, original, read_schema, schema, text } from '../draft';
import { allows, plan_hint, snippet, tells_variants } from '../models/plan_hints';
import { percent } from '../format';
import { opened_run, param, set_params } from '../route';
import { read_runs, runs } from '../runs';
import { ask_to_start, why_not } from '../steering';
import { status } from '../store';

export function PlanView() {
    const known = status.value!;
    const editor = useRef<HTMLTextAreaElement>(null);
    const base = param('base') || opened_run.value;
    useEffect(() => void begin(base, false), [base]);
    useEffect(() => {
        void read_schema();
        void read_runs();
    }, []);
    const found = check.value;
    const obstacle =
        why_not.value.start ??
        (is_checking.value ? 'It is being checked' : found?.ok === true ? null : 'The plan is not right yet');
    const past = (runs.value ?? []).filter((run) => run.run !== known.run);
    return (
        <div class="plan-pair">
            <section class="card" aria-labelledby="plan-title">
                <div class="card-head">
                    <h2 id="plan-title">Plan of a new run</h2>
                    <div class="tools">
                        <label class="check">
                            from{' '}
                            <select
                                data-testid="plan-base"
                                value={base}
                                onChange={(event) => set_params({ base: event.currentTarget.value }, 'push')}
                            >
                                <option value="">the present run</option>
                                {past.map((run) => (
                                    <option key={run.run} value={run.run}>
                                        {(run.labels?.name || run.plan).slice(0, 60)} {run.run.slice(0, 8)}
                                        {run.best_test_accuracy !== null && `, ${percent(run.best_test_accuracy)}`}
                                    </option>
                                ))}
                            </select>
                        </label>
                        <button
                            type="button"
                            data-testid="plan-reset"
                            disabled={text.value === original.value}
                            title={text.value === original.value ? 'Nothing was changed' : 'Take all changes back'}
                            onClick={() => void begin(base, true)}
                        >
                            Reset
                        </button>
                        <button
                            type="button"
                            class="primary"
                            data-testid="start-button"
                            aria-disabled={obstacle !== null}
                            title={obstacle ?? 'Start a new run'}
                            onClick={() => ask_to_start(text.value ?? '', obstacle)}
                        >
                            Start…
                        </button>
                    </div>
                </div>
                <PlanEditor editor={editor} />
                <Verdict editor={editor} obstacle={why_not.value.start} />
            </section>
            <Hints editor={editor} />
        </div>
    );
}

type Editor = { current: HTMLTextAreaElement | null };

function Verdict({ editor, obstacle }: { editor: Editor; obstacle: string | null }) {
    const found = check.value;
    const note = found?.ok === true ? found.note : undefined;
    return (
        <div id="plan-verdict" class="verdict" role="status" data-testid="plan-verdict" data-ok={found?.ok}>
            {draft_error.value !== null ? (
                <p class="verdict-wrong">{draft_error.value}</p>
            ) : found === null ? (
                <p class="hint">Checking…</p>
            ) : found.ok ? (
                <>
                <p class="verdict-right">
                    ✓ Every key is right; digest <code>{found.plan_digest.slice(0, 8)}</code>. Whether its files and its memory
                    are there shows when it starts{obstacle !== null && `. ${obstacle}`}.
                </p>
                {note !== undefined && <p class="verdict-note" data-testid="plan-note">{note}</p>}
                </>
            ) : (
                <p class="verdict-wrong">
                    ✗{' '}
                    {found.line !== null && (
                        <button
                            type="button"
                            class="link-button"
                            data-testid="plan-error-place"
                            onClick={() => show_place(editor.current!, found.line!, found.column ?? 1)}
                        >
                            line {found.line}
                        </button>
                    )}{' '}
                    {found.path && <code>{found.path}</code>} {found.message}
                </p>
            )}
        </div>
    );
}

/** What the key at the cursor means, and which others may stand there. */
function Hints({ editor }: { editor: Editor }) {
    const known = schema.value;
    const value = text.value ?? '';
    const hint = useMemo(
        () => (known === null ? null : plan_hint(known, value, cursor.value)),
        [known, value, cursor.value],
    );
    return (
        <section class="card hints" aria-labelledby="hints-title">
            <h2 id="hints-title">Keys</h2>
            {hint === null ? (
                <p class="hint">The master tells nothing about the keys of a plan.</p>
            ) : (
                <>
                    <p class="hint" data-testid="plan-path">
                        {hint.path === '' ? 'the plan' : <code>{hint.path}</code>}
                    </p>
                    {hint.node === null ? (
                        <p class="hint">Put the cursor on a key or a value to read what it means.</p>
                    ) : (
                        <>
                            <p data-testid="plan-hint">
                                {hint.node.text} <small>{allows(hint.node)}</small>
                            </p>
                            <dl class="hint-keys">
                                {tells_variants(hint.node).map(([name, told]) => (
                                    <div key={name}>
                                        <dt>{name}</dt>
                                        <dd>{told}</dd>
                                    </div>
                                ))}
                            </dl>
                        </>
                    )}
                    {hint.missing.length > 0 && (
                        <>
                            <h3>May be added here</h3>
                            <dl class="hint-keys">
                                {hint.missing.map(({ name, node }) => (
                                    <div key={name}>
                                        <dt>
                                            <button
                                                type="button"
                                                class="link-button"
                                                data-testid="plan-add"
                                                title="Type it at the cursor"
                                                onClick={() => insert(editor.current!, `${snippet(name, node)} `)}
                                            >
                                                {name}
                                            </button>
                                        </dt>
                                        <dd>
                                            {node.text} <small>{allows(node)}</small>
                                        </dd>
                                    </div>
                                ))}
                            </dl>
                        </>
                    )}
                </>
            )}
        </section>
    );
}
