import { Component } from 'preact';
import { bytes, count, duration, loss, percent, ranges } from '../format';
import type { Round } from '../protocol';
import { drop_reason } from '../sentences';
import { rounds } from '../store';

/** A round that is done does not change, so its row is drawn once. */
class Row extends Component<{ round: Round }> {
    override shouldComponentUpdate(next: { round: Round }): boolean {
        return next.round !== this.props.round;
    }
    override render() {
        const { round } = this.props;
        const dropped = round.dropped.map(({ client, reason }) => `client ${client}: ${drop_reason(reason)}`);
        const seconds = Object.entries(round.seconds);
        const detail = seconds.map(([phase, value]) => `${phase.replaceAll('_', ' ')} ${duration(value)}`);
        return (
            <tr>
                <th scope="row" class="number">
                    {round.round}
                </th>
                <td class="number" title={`clients ${ranges(round.cohort)}`}>
                    {count(round.cohort.length)}
                </td>
                <td class="number" title={dropped.join('\n')}>
                    {count(round.dropped.length)}
                </td>
                <td class="number">{percent(round.train_accuracy)}</td>
                <td class="number">{percent(round.test_accuracy)}</td>
                <td class="number">{loss(round.train_loss)}</td>
                <td class="number">{loss(round.test_loss)}</td>
                <td class="number" title={detail.join('\n')}>
                    {duration(seconds.reduce((sum, [, value]) => sum + value, 0))}
                </td>
                <td class="number">{bytes(round.bytes_sent)}</td>
                <td class="number">{bytes(round.bytes_received)}</td>
            </tr>
        );
    }
}

const columns = [
    'Round',
    'Cohort',
    'Left out',
    'Train accuracy',
    'Test accuracy',
    'Train loss',
    'Test loss',
    'Time',
    'Sent',
    'Received',
];

/** More rows than that would slow every round down. */
const row_limit = 1000;

export function RoundsTable() {
    const hidden = rounds.value.length - row_limit;
    return (
        <details class="rounds">
            <summary>
                Numbers of every round <small>{count(rounds.value.length)}</small>
            </summary>
            {hidden > 0 && (
                <p class="hint">
                    These are the last {count(row_limit)}; all are at <code>/api/v1/rounds</code>.
                </p>
            )}
            <div class="scroll" tabIndex={0} role="region" aria-label="Numbers of every round">
                <table class="table" data-testid="rounds-table">
                    <thead>
                        <tr>
                            {columns.map((name) => (
                                <th key={name} scope="col" class="number">
                                    {name}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rounds.value.slice(-row_limit).map((round) => (
                            <Row key={round.round} round={round} />
                        ))}
                    </tbody>
                </table>
            </div>
        </details>
    );
}
