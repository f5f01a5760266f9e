import { useSignalEffect } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import type { View } from './address';
import { alert } from './alerts';
import { AnswerNote } from './components/answer_note';
import { ConnectionBanner } from './components/connection_banner';
import { ControlBar } from './components/control_bar';
import { Header } from './components/header';
import { PastBar } from './components/past_bar';
import { OpenDialog } from './dialogs/open_dialog';
import { view_names } from './keys';
import { opened_run, stand_at, view } from './route';
import { standing_name } from './sentences';
import { opened, present, state, status } from './store';
import { opened_error } from './opened_run';
import { HistoryView } from './views/history';
import { LogView } from './views/log';
import { NetworkView } from './views/network';
import { PlanView } from './views/plan';
import { RunView } from './views/run';
import { WorkersView } from './views/workers';

const shown: Record<View, FunctionComponent> = {
    run: RunView,
    workers: WorkersView,
    network: NetworkView,
    history: HistoryView,
    log: LogView,
    plan: PlanView,
};

export function App() {
    useSignalEffect(() => {
        const known = status.value;
        if (known === null) {
            document.title = 'fedasio';
            return;
        }
        if (opened_run.value !== '' || known.run === '') {
            document.title = `${known.plan} ${known.run.slice(0, 8)} · fedasio`;
            return;
        }
        const sign = alert.value === null ? '' : `${alert.value.sign} `;
        const name = standing_name(known.phase, present.value?.ending ?? null);
        const of = known.last_round >= known.round ? `/${known.last_round}` : '';
        document.title = `${sign}${name}, ${known.round}${of} · ${known.plan} · fedasio`;
    });
    const is_read = opened_run.value === '' || opened.value !== null;
    const has_run = state.value?.status.run !== '';
    // A folder without a run has nothing but its history, and what is chosen there belongs to that.
    const is_bare = opened_run.value === '' && !has_run;
    useEffect(() => {
        if (is_bare && view.value !== 'history') {
            stand_at('history');
        }
    }, [is_bare, view.value]);
    const Shown = !is_read && view.value !== 'history' ? ReadingRun : shown[has_run ? view.value : 'history'];
    return (
        <>
            <a class="skip" href="#main" onClick={skip_to_main}>
                Skip to the view
            </a>
            <Header />
            <ConnectionBanner />
            {state.value === null ? (
                <main class="empty-page" id="main">
                    <p>Waiting for the master…</p>
                </main>
            ) : (
                <>
                    {opened_run.value !== '' ? <PastBar /> : present.value?.status.run !== '' && <ControlBar />}
                    <main class="page" id="main" tabIndex={-1} data-testid={`view-${view.value}`}>
                        <h2 class="hidden">{view_names[view.value]}</h2>
                        <Shown />
                    </main>
                    <OpenDialog />
                </>
            )}
            <AnswerNote />
        </>
    );
}

function ReadingRun() {
    return <p class="hint">{opened_error.value === null ? 'Reading the run from the history…' : 'There is nothing to show of it.'}</p>;
}

/** The address belongs to the views. */
function skip_to_main(event: Event): void {
    event.preventDefault();
    document.getElementById('main')?.focus();
}
