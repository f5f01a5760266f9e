import type { ComponentChildren } from 'preact';
import { ClassTable, ConfusionMatrix } from '../components/confusion_matrix';
import { Layers } from '../components/layers';
import { LeftOutLine } from '../components/left_out';
import { LearningCharts } from '../components/learning_charts';
import { ClassCurves } from '../components/class_curves';
import { ClassRecall } from '../components/class_recall';
import { Fairness } from '../components/fairness';
import { Figures } from '../components/figures';
import { HealthLine } from '../components/health_line';
import { PhaseBar } from '../components/phase_bar';
import { RunFacts } from '../components/run_facts';
import { TryModel } from '../components/try_model';
import { DataCard } from '../components/understood_data';
import { Values } from '../components/values';
import { WrongSamples } from '../components/wrong_samples';
import { count } from '../format';
import type { Evaluation } from '../protocol/run';
import { data, evaluation, is_regression, rounds } from '../store';

export function RunView() {
    return (
        <>
            <section class="glance" aria-label="The run at a glance">
                <HealthLine />
                <Figures />
                <div>
                    <PhaseBar />
                    <LeftOutLine />
                </div>
                <RunFacts />
            </section>
            <LearningCharts />
            <Fairness />
            {is_regression.value ? <Numbers /> : <Classes />}
            <Layers />
            <TryModel />
            {data.value !== null && <DataCard data={data.value} />}
        </>
    );
}

function Classes() {
    const result = evaluation.value;
    const last = rounds.value.at(-1);
    if (result === null && typeof last?.test_accuracy === 'number' && !Array.isArray(last.test_recall)) {
        // A trainer's model, or clients that keep their classes to themselves: a test says nothing of classes.
        return null;
    }
    if (result === null) {
        return (
            <section class="card" aria-label="By class">
                <h2>By class</h2>
                <ClassRecall />
            </section>
        );
    }
    return (
        <TestCard title="Confusion" result={result}>
            <div class="classes">
                {has_confusion(result) ? (
                    <ConfusionMatrix result={result} />
                ) : (
                    <p class="hint">With more than 100 classes there is no matrix.</p>
                )}
                <div>{has_confusion(result) && <ClassTable result={result} />}</div>
            </div>
            <WrongSamples result={result} />
            <ClassCurves names={result.classes} />
        </TestCard>
    );
}

function Numbers() {
    const result = evaluation.value;
    return (
        <TestCard title="Predicted against true" result={result}>
            {result?.histogram ? (
                <Values histogram={result.histogram} />
            ) : (
                <p class="hint" data-testid="no-values">
                    No test has told single predictions.
                </p>
            )}
        </TestCard>
    );
}

function TestCard({ title, result, children }: { title: string; result: Evaluation | null; children: ComponentChildren }) {
    return (
        <section class="card" aria-labelledby="test-title">
            <div class="card-head">
                <h2 id="test-title">
                    {title}{' '}
                    {result && (
                        <small>
                            round {result.round}, {count(result.samples)} test samples
                        </small>
                    )}
                </h2>
            </div>
            {children}
        </section>
    );
}

function has_confusion(result: Evaluation): result is Evaluation & { confusion: number[][] } {
    return result.confusion !== null;
}
