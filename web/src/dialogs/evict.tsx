import { run_from_dialog } from '../steering';
import { workers } from '../store';
import { Frame } from './frame';

export function EvictDialog({ worker }: { worker: number }) {
    const known = workers.value.find((one) => one.worker === worker);
    return (
        <Frame
            title={`Send ${known?.name ?? 'worker'} (#${worker}) away?`}
            action="Evict"
            danger
            control="evict"
            wrong={known === undefined || known.state === 'gone' ? 'It is gone already.' : null}
            on_submit={() => void run_from_dialog({ command: 'evict', worker })}
        >
            <p>
                Its connection is closed, and other workers take over its clients where they can. It may come back by
                itself, under another number, unless its certificate is revoked or its program ends.
            </p>
        </Frame>
    );
}
