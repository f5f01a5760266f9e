import { count } from '../format';
import { is_regression, link, status } from '../store';
import { choice, choose, type Choice } from '../theme';

const link_names = {
    connecting: 'connecting',
    live: 'live',
    reconnecting: 'reconnecting',
    lost: 'lost',
} as const;

export function Header() {
    const known = status.value;
    const kind = link.value.kind;
    return (
        <header class="header">
            <img src="favicon.svg" alt="" width="28" height="28" />
            <div class="header-title">
                <h1>{known?.plan || 'fedasio'}</h1>
                {known !== null && (
                    <p class="facts">
                        <span>{is_regression.value ? 'regression' : 'classification'}</span>
                        <span>{count(known.parameters)} parameters</span>
                        <span>seed {known.seed}</span>
                        <span title={`digest of the plan: ${known.plan_digest}`}>
                            plan <code>{known.plan_digest.slice(0, 8)}</code>
                        </span>
                        <span>
                            fedasio {known.version}, {known.instruction_set}
                        </span>
                    </p>
                )}
            </div>
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
        </header>
    );
}
