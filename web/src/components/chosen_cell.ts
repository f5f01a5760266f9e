// Which cell of the confusion matrix shows its examples: in the address.
import { param, set_params } from '../route';

/** The true class and what it is taken for; null: all of them. */
export function chosen_cell(): [number, number] | null {
    const [, row, column] = /^(\d+)\.(\d+)$/.exec(param('cell')) ?? [];
    return row === undefined ? null : [Number(row), Number(column)];
}

/** Chosen once more, it is none. */
export function choose_cell([row, column]: [number, number]): void {
    const cell = `${row}.${column}`;
    set_params({ cell: cell === param('cell') || row === column ? null : cell });
}
