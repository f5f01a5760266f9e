// Rounds that the master no longer has in memory, so that its snapshots lack them: they are asked for once a run.
import type { Round } from './protocol/run';
import type { State } from './model';

/** What has to be asked for: of which run, in which process. Null where the state has all rounds. */
export function missing_rounds(state: State): string | null {
    return (state.status.rounds_forgotten ?? 0) > 0
        ? `${state.instance}/${state.status.run}`
        : null;
}

/** Those of `older` that come before the state's own; its list itself where there are none. */
export function with_older(older: readonly Round[], own: Round[]): Round[] {
    const first = own[0]?.round ?? 0;
    const before = older.filter((round) => round.round < first);
    return before.length === 0 ? own : [...before, ...own];
}
