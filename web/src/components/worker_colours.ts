import { computed } from '@preact/signals';
import { clients } from '../store';
import { run_colour } from './chosen_runs';

/** More could not be told apart. */
const most = 8;

/** Names of the colours of workers that host clients; none of many workers. */
export const worker_colours = computed((): ReadonlyMap<number, string> => {
    const hosts = [...new Set(clients.value.flatMap(({ worker }) => worker ?? []))].sort((a, b) => a - b);
    return new Map(hosts.length > most || hosts.length < 2 ? [] : hosts.map((worker, place) => [worker, run_colour(place)]));
});
