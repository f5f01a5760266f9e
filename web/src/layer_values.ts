// Counts the values of an array of the model that is shown: the present one, or what the master keeps of a past run.
import { ApiError, get_json } from './api';
import type { Counted } from './models/weight_bars';

const pause = 1_000;
const most_tries = 8;

/** The master counts for one reader after the other. */
async function ask(path: string): Promise<Counted> {
    for (let tries = 1; ; tries += 1) {
        try {
            return await get_json<Counted>(path);
        } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 503 || tries === most_tries) {
                throw error;
            }
            await new Promise((wake) => setTimeout(wake, pause));
        }
    }
}

/** Of a run that is over, if a saved model is of it: the last and the best one of each plan are kept. */
export async function count_values(place: number, past: { run: string; plan_digest: string } | null): Promise<Counted> {
    if (past === null) {
        return ask(`model/arrays/${place}/histogram`);
    }
    let problem = 'No saved model here is of this run: the master keeps the last and the best one of each plan, and another run has taken its place.';
    const digits = past.plan_digest.slice(0, 8);
    for (const name of ['last', `last-${digits}`, 'best', `best-${digits}`]) {
        try {
            const found = await ask(`models/${name}/arrays/${place}/histogram`);
            if (found.run === past.run) {
                return found;
            }
        } catch (error) {
            if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) {
                throw error;
            }
            // Of that array, or that file.
            problem = error.status === 409 ? error.message : problem;
        }
    }
    throw new ApiError(404, problem);
}
