import { useSignalEffect } from '@preact/signals';
import { Charts } from './components/charts';
import { Clients } from './components/clients';
import { ConnectionBanner } from './components/connection_banner';
import { EventLog } from './components/event_log';
import { Header } from './components/header';
import { Overview } from './components/overview';
import { Steering } from './components/steering';
import { Workers } from './components/workers';
import { phase_names } from './sentences';
import { state, status } from './store';

export function App() {
    useSignalEffect(() => {
        const known = status.value;
        document.title =
            known === null
                ? 'fedasio'
                : `${phase_names[known.phase]}, ${known.round}/${known.last_round} · fedasio`;
    });
    return (
        <>
            <Header />
            <ConnectionBanner />
            {state.value === null ? (
                <main class="empty-page">
                    <p>Waiting for the master…</p>
                </main>
            ) : (
                <main class="page">
                    <Overview />
                    <Steering />
                    <Charts />
                    <Workers />
                    <Clients />
                    <EventLog />
                </main>
            )}
        </>
    );
}
