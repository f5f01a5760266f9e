// What the master says of plans.

export type PlanCheck =
    | { ok: true; plan_digest: string; plan: unknown; note?: string }
    | { ok: false; line: number | null; column: number | null; path: string | null; message: string };

/** A node of plan/schema; the whole is one. */
export interface SchemaNode {
    type?: string;
    text?: string;
    required?: boolean;
    default?: unknown;
    minimum?: number;
    maximum?: number;
    above?: number;
    below?: number;
    choices?: unknown[];
    keys?: Record<string, SchemaNode>;
    items?: SchemaNode;
    /** Name of the key whose value selects one of the variants, which have these keys besides. */
    tag?: string;
    variants?: Record<string, Record<string, SchemaNode>>;
    variant_texts?: Record<string, string>;
    /** The choice alone, as a string, stands for the object. */
    short?: boolean;
}
