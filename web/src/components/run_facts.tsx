import { count } from '../format';
import { is_regression, status } from '../store';

/** What is run, for those who must tell one run from another. */
export function RunFacts() {
    const known = status.value!;
    return (
        <p class="facts" data-testid="facts">
            <span>{is_regression.value ? 'regression' : 'classification'}</span>
            <span>{count(known.parameters)} parameters</span>
            <span>seed {String(known.seed)}</span>
            <span title={`digest of the plan: ${known.plan_digest}`}>
                plan <code>{known.plan_digest.slice(0, 8)}</code>
            </span>
            <span title={`run ${known.run}`}>
                run <code>{known.run.slice(0, 8)}</code>
            </span>
            <span title={known.instruction_set}>fedasio {known.version}</span>
        </p>
    );
}
