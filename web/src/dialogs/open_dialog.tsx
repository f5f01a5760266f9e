import { dialog } from '../steering';
import { ChangeDialog } from './change';
import { EvictDialog } from './evict';
import { KeysDialog } from './keys';
import { LoadDialog, SaveDialog } from './models';
import { StartDialog } from './start';
import { StopDialog } from './stop';
import { TrainDialog } from './train';

export function OpenDialog() {
    const open = dialog.value;
    switch (open?.name) {
        case 'train':
            return <TrainDialog />;
        case 'stop':
            return <StopDialog />;
        case 'save':
            return <SaveDialog />;
        case 'load':
            return <LoadDialog chosen={'model' in open ? open.model : null} />;
        case 'change':
            return <ChangeDialog />;
        case 'evict':
            return <EvictDialog worker={open.worker} />;
        case 'start':
            return <StartDialog plan={open.plan} />;
        case 'keys':
            return <KeysDialog />;
        default:
            return null;
    }
}
