// Keeps the journal in step with the stream: live events, and what was before them or missed between them.
import { signal } from '@preact/signals';
import { get_json } from './api';
import { backfill, far, near, type EventPage } from './backfill';
import { resting } from './model';
import { Journal, type KeptLanes, type Summary } from './models/journal';
import { fewest } from './models/oddities';
import type { Event, Snapshot } from './protocol/stream';

/** Of the master, as its stream tells it. */
let live = new Journal();
/** Of an opened run of the past. */
let opened: Journal | null = null;
/** The one that is shown changes in place; whoever draws it reads `journal_version` to draw again. */
export let journal = live;
export const journal_version = signal(0);
/** Whether what was before is still being read. */
export const reading = signal(false);

let instance = '';
/** Number of the latest message. */
let newest = 0;
/** How far back the journal is read up: far where the past is looked at, as it is megabytes. */
let reach = near;
/** Events that came while older ones are being read; null when nothing is being read. */
let held: Event[] | null = null;
/** What the history has of the lanes from before the master's process. */
let kept: Promise<KeptLanes[]> = Promise.resolve([]);
/** What rounds come to whose events may be gone; of the run that it names. */
let summary: Summary | null = null;
/** Until enough rounds were seen here, what workers cost is asked again every so many. */
const rounds_between = 5;
/** So many may wait; what is over is read up with the rest later. */
const held_limit = 20_000;

function show_live(next: Journal): void {
    live = next;
    journal = opened ?? live;
    journal_version.value += 1;
}

/** Shows what is kept of a run of the past in place of the present one, until it is given null. */
export function show_opened(lanes: readonly KeptLanes[] | null, names: readonly string[] = []): void {
    opened = null;
    if (lanes !== null) {
        opened = new Journal();
        opened.replay(lanes, names);
    }
    show_live(live);
}

/** Those of the present run from before this process; what cannot be read stays missing. */
async function read_lanes({ status, rounds }: Snapshot): Promise<KeptLanes[]> {
    const before = rounds.filter((round) => round.time < status.started);
    if (!status.state_dir || before.length === 0) {
        return [];
    }
    const lanes = await get_json<KeptLanes[]>(`runs/${status.run}/lanes`).catch(() => []);
    const rounds_before = lanes.map(({ round, states }) => ({
        round,
        states: states.filter(([time]) => time < status.started),
    }));
    return rounds_before.filter(({ states }) => states.length > 0);
}

export function take(message: Snapshot | Event): void {
    newest = message.seq;
    if (message.type === 'run_opened') {
        summary = null;
    }
    if (message.type === 'snapshot') {
        void catch_up(message);
    } else if (held === null) {
        live.apply(message);
        if (message.type === 'round_finished' && live.is_behind() && message.result.round % rounds_between === 0) {
            void read_summary(summary?.run ?? '');
        }
    } else if (held.length < held_limit) {
        held.push(message);
    }
}

/** Reads all of the past that the master still has, once somebody looks at it. */
export async function look_far_back(): Promise<void> {
    if (reach === far) {
        return;
    }
    reach = far;
    if (instance !== '') {
        const before = live;
        await fill(new Journal(), newest, (fresh) => {
            // Who has done nothing for long is in no event that is still kept.
            for (const lane of before.lanes.values()) {
                if (!fresh.lanes.has(lane.worker)) {
                    fresh.lanes.set(lane.worker, lane);
                }
            }
        }, before);
    }
}

/** What cannot be read stays missing. */
async function read_summary(run: string): Promise<void> {
    const of = instance;
    const found = await get_json<Summary>('rounds/summary').catch(() => null);
    if (found?.run === run && of === instance) {
        summary = found;
        if (held === null) {
            live.summarise(found);
            show_live(live);
        }
    }
}

async function catch_up(snapshot: Snapshot): Promise<void> {
    await read_up(snapshot);
    if (snapshot.status.run !== '' && snapshot.status.round > 0) {
        await read_summary(snapshot.status.run);
    }
    // Of a run at rest the latest events are beats of its workers: the rounds, and with them who is odd, lie before them.
    const { phase } = snapshot.status;
    const rests = resting.has(phase) || phase === 'paused';
    const is_known = live.is_judged || snapshot.clients.length < fewest;
    if (snapshot.rounds.length > 0 && (live.shares.length === 0 || (rests && !is_known))) {
        await look_far_back();
    }
}

async function read_up(snapshot: Snapshot): Promise<void> {
    if (snapshot.instance !== instance) {
        instance = snapshot.instance;
        summary = null;
        show_live(new Journal());
        kept = read_lanes(snapshot);
    }
    const { seq } = snapshot;
    await fill(live, seq, (target) => {
        const is_behind = target.seq < seq;
        if (is_behind) {
            target.skip(seq, snapshot.status.now);
        }
        for (const { worker, name, state } of snapshot.workers) {
            // Who has done nothing for long is in no event that is still kept.
            if (state !== 'gone' && (is_behind || !target.lanes.has(worker))) {
                target.see(worker, name, state, snapshot.status.now);
            }
        }
    });
}

/**
 * Reads up to number `to`; `then` is done before the events that came meanwhile are applied. A live that cannot be
 * read up that far is given up for the other one, if there is one.
 */
async function fill(
    target: Journal,
    to: number,
    then: (target: Journal) => void,
    otherwise: Journal | null = null,
): Promise<void> {
    const mine = (held = []);
    reading.value = true;
    if (target.seq === 0) {
        target.replay(await kept);
    }
    await backfill(target, instance, to, reach, (after) => get_json<EventPage>(`events?after=${after}&limit=1000`));
    // Something newer has taken over.
    if (held !== mine) {
        return;
    }
    const is_read = target.seq >= to || otherwise === null;
    const result = is_read ? target : otherwise;
    if (is_read) {
        then(result);
        if (summary !== null) {
            result.summarise(summary);
        }
    }
    (mine as Event[]).forEach((event) => result.apply(event));
    held = null;
    reading.value = false;
    show_live(result);
}
