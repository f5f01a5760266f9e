import { useSignalEffect } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import type { View } from './address';
import { alert } from './alerts';
import { AnswerNote } from './components/answer_note';
import { ConnectionBanner } from './components/connection_banner';
import { ControlBar } from './components/control_bar';
import { Header } from './components/header';
import { OpenDialog } from './dialogs/open_dialog';
import { view_names } from './keys';
import { view } from './route';
import { standing_name } from './sentences';
import { state, status } from './store';
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
        const sign = alert.value === null ? '' : `${alert.value.sign} `;
        const name = standing_name(known.phase, state.value?.ending ?? null);
        const of = known.last_round >= known.round ? `/${known.last_round}` : '';
        document.title = `${sign}${name}, ${known.round}${of} · ${known.plan} · fedasio`;
    });
    const Shown = shown[view.value];
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
                    <ControlBar />
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

/** The address belongs to the views. */
function skip_to_main(event: Event): void {
    event.preventDefault();
    document.getElementById('main')?.focus();
}
