import { views, type View } from '../address';
import { view_names } from '../keys';
import { opened_run, tab_href, view } from '../route';
import { dialog } from '../steering';
import { link, present, session, status } from '../store';
import { choice, choose, type Choice } from '../theme';

const link_names = {
    connecting: 'connecting',
    live: 'live',
    polling: 'asking',
    reconnecting: 'reconnecting',
    lost: 'lost',
    signed_out: 'signed out',
} as const;

/** Of a run of the past there is no traffic; without any run there is the history. */
function shown_views(): readonly View[] {
    if (opened_run.value !== '') {
        return views.filter((one) => one !== 'network');
    }
    return present.value?.status.run === '' ? ['history'] : views;
}

export function Header() {
    const name = status.value?.plan || 'fedasio';
    const kind = link.value.kind;
    return (
        <header class="header">
            <div class="brand">
                <img src="favicon.svg" alt="" width="22" height="22" />
                <h1 title={name}>{name}</h1>
            </div>
            <nav class="tabs" aria-label="Views">
                {shown_views().map((one) => (
                    <a
                        key={one}
                        href={tab_href(one)}
                        data-testid={`tab-${one}`}
                        aria-current={view.value === one ? 'page' : undefined}
                    >
                        {view_names[one]}
                    </a>
                ))}
            </nav>
            <div class="header-end">
                {session.value.role === 'viewer' && (
                    <span class="pill pill-warning" data-testid="role">
                        viewer
                    </span>
                )}
                <span class={`link link-${kind}`} data-testid="connection" data-state={kind} role="status">
                    {link_names[kind]}
                </span>
                <label class="theme">
                    <span class="hidden">Colours</span>
                    <select
                        value={choice.value}
                        title="Colours"
                        onChange={(event) => choose(event.currentTarget.value as Choice)}
                    >
                        <option value="system">System</option>
                        <option value="light">Light</option>
                        <option value="dark">Dark</option>
                    </select>
                </label>
                <button
                    type="button"
                    class="quiet"
                    data-testid="keys-button"
                    aria-label="Keys and notifications"
                    title="Keys and notifications (?)"
                    onClick={() => {
                        dialog.value = { name: 'keys' };
                    }}
                >
                    ?
                </button>
            </div>
        </header>
    );
}
