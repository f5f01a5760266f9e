/** A curve without axes, in the width of a word; drawn over the whole of its box. */
export function Sparkline({ values, look }: { values: readonly (number | null)[]; look: 'train' | 'test' }) {
    const known = thin(values.filter((value) => value !== null));
    if (known.length < 2) {
        return <svg class="sparkline" aria-hidden="true" />;
    }
    const least = Math.min(...known);
    const height = Math.max(...known) - least || 1;
    const points = known.map((value, place) => {
        const x = (100 * place) / (known.length - 1);
        return `${x.toFixed(1)},${(23 - (22 * (value - least)) / height).toFixed(1)}`;
    });
    return (
        <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
            <polyline class={`line-${look}`} points={points.join(' ')} vector-effect="non-scaling-stroke" />
        </svg>
    );
}

const most_points = 120;

/** At even distances from the last one. */
function thin(values: readonly number[]): number[] {
    const step = Math.max(1, Math.ceil(values.length / most_points));
    const kept: number[] = [];
    for (let at = Math.max(0, values.length - 1) % step; at < values.length; at += step) {
        kept.push(values[at]!);
    }
    return kept;
}
