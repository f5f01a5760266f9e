import { percent } from '../format';

interface Props {
    shares: (number | null)[]; // null: of no samples
    names: string[];
    narrow?: boolean;
    testid: string;
}

/** A bar for each share: the recall of classes, or how many samples are how far off. */
export function ShareBars({ shares, names, narrow = false, testid }: Props) {
    return (
        <ul class={narrow ? 'bars bars-narrow' : 'bars'} data-testid={testid}>
            {shares.map((share, label) => (
                <li key={label}>
                    <span class="bar-name">{names[label] ?? label}</span>
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="meter-all" width="100" height="8" />
                        <rect class="meter-part" width={(share ?? 0) * 100} height="8" />
                    </svg>
                    <span class="bar-value">{percent(share)}</span>
                </li>
            ))}
        </ul>
    );
}
