import { count } from '../format';
import { runs } from '../runs';
import { is_regression, status } from '../store';
import { opened_run } from '../route';
import { RunLabels } from './run_labels';
import { save_page } from './save_page';

/** What is run, for those who must tell one run from another. */
export function RunFacts() {
    const known = status.value!;
    return (
        <div class="facts-row">
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
            <button
                type="button"
                class="link-button"
                data-testid="save-html"
                title="What is shown here as one file that needs no master, with the report in it"
                onClick={() => void save_page(opened_run.value, `${known.plan} ${known.run.slice(0, 8)}`)}
            >
                Save as HTML
            </button>
        </p>
        {known.state_dir && <RunLabels key={known.run} run={known.run} known={runs.value?.find((one) => one.run === known.run)} />}
        </div>
    );
}
