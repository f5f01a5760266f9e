import { views } from '../address';
import { count } from '../format';
import { view_names } from '../keys';
import { href, view } from '../route';
import { dialog } from '../steering';
import { is_regression, link, session, status } from '../store';
import { choice, choose, type Choice } from '../theme';

const link_names = {
    connecting: 'connecting',
    live: 'live',
    reconnecting: 'reconnecting',
    lost: 'lost',
    signed_out: 'signed out',
} as const;

export function Header() {
    const known = status.value;
    const kind = link.value.kind;
    return (
        <header class="header">
            <div class="brand">
                <img src="favicon.svg" alt="" width="24" height="24" />
                <h1>{known?.plan || 'fedasio'}</h1>
                {known !== null && (
                    <p class="facts">
                        <span>{is_regression.value ? 'regression' : 'classification'}</span>
                        <span>{count(known.parameters)} parameters</span>
                        <span>seed {known.seed}</span>
                        <span title={`digest of the plan: ${known.plan_digest}`}>
                            plan <code>{known.plan_digest.slice(0, 8)}</code>
                        </span>
                        <span title={known.instruction_set}>fedasio {known.version}</span>
                    </p>
                )}
            </div>
            <nav class="tabs" aria-label="Views">
                {views.map((name) => (
                    <a
                        key={name}
                        href={href(name)}
                        data-testid={`tab-${name}`}
                        aria-current={view.value === name ? 'page' : undefined}
                    >
                        {view_names[name]}
                    </a>
                ))}
            </nav>
            <div class="header-end">
                {session.value.role === 'viewer' && (
                    <span class="pill pill-warning" data-testid="role">
                        viewer
                    </span>
                )}
                <span class={`pill link link-${kind}`} data-testid="connection" data-state={kind} role="status">
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
                    aria-label="Keys"
                    title="Keys (?)"
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
