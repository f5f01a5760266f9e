// An hour of a busy run in compressed time: what the page keeps does not grow with it.
import { expect, it } from 'vitest';
import { receive, round_limit, type State } from '../src/model';
import { log_limit } from '../src/models/event_log';
import { client_round_limit, gone_limit, Journal, share_limit, span_limit } from '../src/models/journal';
import { seconds_limit } from '../src/models/traffic';
import { snapshot } from './samples';
import { virtual_run } from './virtual_run.mjs';

function sizes(journal: Journal) {
    const sum = (lists: Iterable<unknown[]>) => [...lists].reduce((total, list) => total + list.length, 0);
    return {
        lanes: journal.lanes.size,
        spans: sum([...journal.lanes.values()].map((lane) => lane.times)),
        client_rounds: sum(journal.clients.values()),
        seconds: journal.traffic.seconds.length,
        shares: journal.shares.length,
        steps: journal.steps.size,
    };
}

it('keeps no more after an hour than its limits say, and loses no event', () => {
    let state: State | null = receive(null, snapshot(0)).state;
    const journal = new Journal();
    let events = 0;
    for (const event of virtual_run({ workers: 20, clients_per_worker: 2, seconds: 3600 })) {
        const received = receive(state, event);
        expect(received.verdict).toBe('applied');
        state = received.state;
        journal.apply(event);
        events += 1;
    }
    expect(events).toBeGreaterThan(100_000);
    expect(state!.seq).toBe(events);
    expect(journal.seq).toBe(events);
    const kept = sizes(journal);
    expect(kept.lanes).toBeLessThanOrEqual(20 + gone_limit);
    expect(kept.spans).toBeLessThanOrEqual(span_limit * 1.25);
    expect(kept.client_rounds).toBeLessThanOrEqual(client_round_limit * 1.25);
    expect(kept.seconds).toBeLessThanOrEqual(seconds_limit + 60);
    expect(kept.shares).toBeLessThanOrEqual(share_limit * 1.25);
    expect(kept.steps).toBeLessThanOrEqual(share_limit);
    expect(state!.log.length).toBeLessThanOrEqual(log_limit);
    expect(state!.rounds.length).toBeLessThanOrEqual(round_limit);
    expect(state!.clients).toHaveLength(40);
    // Every tenth round a worker left and another came.
    expect(state!.workers.filter((worker) => worker.state !== 'gone')).toHaveLength(20);
    // Rounds of late, and only of late: what a worker costs is known of those who were in them.
    expect(journal.costs.of.size).toBeLessThan(20 + 10);
    expect(journal.costs.usual).toBeGreaterThan(0);
}, 120_000);

it('keeps a bounded past of very many workers and clients', () => {
    const journal = new Journal();
    for (const event of virtual_run({ workers: 400, clients_per_worker: 5, seconds: 600 })) {
        journal.apply(event);
    }
    const kept = sizes(journal);
    expect(kept.spans).toBeLessThanOrEqual(span_limit * 1.5);
    expect(kept.client_rounds).toBeLessThanOrEqual(client_round_limit * 1.5);
}, 120_000);
