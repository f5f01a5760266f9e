// Reading the master's resources.
import { parse_json } from './models/exact_json';

/** Milliseconds until an answer counts as missing. */
const answer_limit = 15_000;

export class ApiError extends Error {
    constructor(
        /** HTTP status; 0 when there was no answer. */
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

/** @throws ApiError, in words that can be shown */
export async function get_json<T>(path: string, init: RequestInit = {}): Promise<T> {
    let response: Response;
    let text: string;
    try {
        response = await fetch(`api/v1/${path}`, { signal: AbortSignal.timeout(answer_limit), ...init });
        text = await response.text();
    } catch (error) {
        if (init.signal?.aborted === true) {
            throw error;
        }
        throw new ApiError(0, 'The master cannot be reached.');
    }
    let body: unknown;
    try {
        body = parse_json(text);
    } catch {
        throw new ApiError(response.status, `The master answered with status ${response.status}.`);
    }
    if (!response.ok) {
        const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
        const why = fields['error'] ?? fields['reason'];
        throw new ApiError(response.status, typeof why === 'string' ? why : `Status ${response.status}.`);
    }
    return body as T;
}

/** What is to be shown in place of what could not be read. */
export function why(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
