export function virtual_run(options?: {
    workers?: number;
    clients_per_worker?: number;
    seconds?: number;
    start?: number;
}): Generator<never>;
