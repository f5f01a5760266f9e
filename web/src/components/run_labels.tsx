import { useSignal } from '@preact/signals';
import { why } from '../api';
import { plural } from '../format';
import type { Labels, Run } from '../protocol/history';
import { no_labels, write_labels } from '../runs';
import { session } from '../store';

/** Name, tags and note of a run, and the form that changes them. */
export function RunLabels({ run, known }: { run: string; known: Run | undefined }) {
    const is_open = useSignal(false);
    const labels = known?.labels ?? no_labels;
    // Its place is kept: the run is in the history from its first training on.
    if (known === undefined) {
        return <div class="run-labels" />;
    }
    if (is_open.value) {
        return <LabelForm run={run} labels={labels} on_end={() => (is_open.value = false)} />;
    }
    return (
        <div class="run-labels" data-testid="labels">
            {labels.name !== '' && <b>{labels.name}</b>}
            {labels.tags.map((tag) => (
                <span key={tag} class="tag">
                    {tag}
                </span>
            ))}
            {labels.note !== '' && <span class="run-note">{labels.note}</span>}
            {session.value.role === 'operator' && (
                <>
                    <button
                        type="button"
                        class="quiet"
                        data-testid="labels-edit"
                        onClick={() => {
                            is_open.value = true;
                        }}
                    >
                        {labels.name === '' && labels.note === '' && labels.tags.length === 0 ? 'Name, tag, note…' : 'Edit'}
                    </button>
                    <PinButton run={run} labels={labels} />
                </>
            )}
        </div>
    );
}

export function PinButton({ run, labels }: { run: string; labels: Labels }) {
    return (
        <button
            type="button"
            class="quiet pin"
            aria-pressed={labels.pinned}
            aria-label={`Pin run ${run.slice(0, 8)}`}
            title={labels.pinned ? 'Pinned: it stays at the top of the table' : 'Keep it at the top of the table'}
            onClick={() => void write_labels(run, { ...labels, pinned: !labels.pinned }).catch(() => undefined)}
        >
            {labels.pinned ? '★' : '☆'}
        </button>
    );
}

const most_tags = 20;

function LabelForm({ run, labels, on_end }: { run: string; labels: Labels; on_end: () => void }) {
    const name = useSignal(labels.name);
    const tags = useSignal(labels.tags.join(', '));
    const note = useSignal(labels.note);
    const wrong = useSignal<string | null>(null);
    const keep = async (event: Event): Promise<void> => {
        event.preventDefault();
        const list = [...new Set(tags.value.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
        if (list.length > most_tags) {
            wrong.value = `At most ${plural(most_tags, 'tag')}.`;
            return;
        }
        try {
            await write_labels(run, { ...labels, name: name.value.trim(), note: note.value.trim(), tags: list });
            on_end();
        } catch (error) {
            wrong.value = why(error);
        }
    };
    return (
        <form class="label-form" data-testid="labels-form" onSubmit={(event) => void keep(event)}>
            <label>
                Name
                <input
                    data-testid="labels-name"
                    maxLength={100}
                    value={name.value}
                    onInput={(event) => (name.value = event.currentTarget.value)}
                />
            </label>
            <label>
                Tags, with commas between
                <input
                    data-testid="labels-tags"
                    value={tags.value}
                    onInput={(event) => (tags.value = event.currentTarget.value)}
                />
            </label>
            <label class="label-note">
                Note
                <textarea
                    rows={3}
                    maxLength={2000}
                    data-testid="labels-note"
                    value={note.value}
                    onInput={(event) => (note.value = event.currentTarget.value)}
                />
            </label>
            <div class="tools">
                <button type="submit" class="primary" data-testid="labels-keep">
                    Keep
                </button>
                <button type="button" onClick={on_end}>
                    Cancel
                </button>
                {wrong.value !== null && (
                    <span class="dialog-said" role="alert">
                        {wrong.value}
                    </span>
                )}
            </div>
        </form>
    );
}
