import { Component } from 'preact';
import { time_of_day } from '../format';
import { level_of, subject_of } from '../models/log_entry';
import type { Event } from '../protocol/stream';
import { href } from '../route';
import { sentence } from '../sentences';

/** The round is a link where it is named, and named at the end where it is not. */
function with_round(text: string, round: number) {
    const found = new RegExp(`round ${round}\\b`, 'i').exec(text);
    const at = found?.index ?? text.length;
    return (
        <>
            {text.slice(0, at)}
            {found === null && ' '}
            <a href={href('run', { from: String(round - 5), to: String(round + 5) })}>{found?.[0] ?? `round ${round}`}</a>
            {text.slice(at + (found?.[0].length ?? 0))}
        </>
    );
}

/** An event never changes, so its line is drawn once. */
export class LogLine extends Component<{ event: Event }> {
    override shouldComponentUpdate(next: { event: Event }): boolean {
        return next.event !== this.props.event;
    }
    override render() {
        const { event } = this.props;
        const { text, tone } = sentence(event);
        const { round, worker, client } = subject_of(event);
        const level = level_of(event);
        return (
            <li class={`log-line tone-${tone}`} data-type={event.type} data-level={level}>
                <time>{time_of_day(event.time)}</time>
                {(level === 'warning' || level === 'error') && <b class="log-level">{level}</b>}
                <span class="log-text">
                    {round !== null && round > 0 ? with_round(text, round) : text}{' '}
                    {worker !== null && <a href={href('workers', { worker_card: String(worker) })}>worker #{worker}</a>}{' '}
                    {client !== null && (
                        <a href={href('workers', { table: 'clients', client: String(client) })}>client {client}</a>
                    )}
                </span>
            </li>
        );
    }
}
