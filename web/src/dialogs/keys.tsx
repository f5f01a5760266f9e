import { notifies, set_notifies } from '../alerts';
import { WatchLink } from '../components/watch_link';
import { key_help, keys_are_on, set_keys_on } from '../keys';
import { session } from '../store';
import { Frame } from './frame';

export function KeysDialog() {
    return (
        <Frame title="Keys and notifications" wide>
            <div class="keys">
                {key_help.map(({ title, keys }) => (
                    <section key={title}>
                        <h3>{title}</h3>
                        <dl>
                            {keys.map(([key, text]) => (
                                <div key={key}>
                                    <dt>
                                        <kbd>{key}</kbd>
                                    </dt>
                                    <dd>{text}</dd>
                                </div>
                            ))}
                        </dl>
                    </section>
                ))}
            </div>
            <label class="check">
                <input
                    type="checkbox"
                    checked={keys_are_on.value}
                    onChange={(event) => set_keys_on(event.currentTarget.checked)}
                />
                Keys without Ctrl or Alt are on
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="notify"
                    checked={notifies.value}
                    onChange={(event) => {
                        const box = event.currentTarget;
                        void set_notifies(box.checked).then(() => {
                            box.checked = notifies.value;
                        });
                    }}
                />
                Tell me while I look elsewhere when it ends, fails or goes wrong
            </label>
            {session.value.protected && session.value.role === 'operator' && <WatchLink />}
        </Frame>
    );
}
