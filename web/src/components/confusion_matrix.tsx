import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { count, missing, percent } from '../format';
import { class_results, shares } from '../models/confusion';
import type { Evaluation } from '../protocol/run';
import { href_with } from '../route';
import { choose_cell, chosen_cell } from './chosen_cell';
import { DataTable } from './data_table';

/** Pixels of a class, and of all of them together. */
const cell_size = 42;
const widest = 420;
/** More classes than that have no room for names and numbers. */
const names_limit = 20;
const numbers_limit = 12;
const longest_name = 12;

export function ConfusionMatrix({ result }: { result: Evaluation & { confusion: number[][] } }) {
    const { classes, confusion } = result;
    const pointed = useSignal<[number, number] | null>(null);
    const share = useMemo(() => shares(confusion), [confusion]);
    const side = Math.min(widest, cell_size * classes.length);
    const cell = side / classes.length;
    const longest = Math.max(...classes.map((name) => Math.min(longest_name, name.length)));
    const margin = classes.length <= names_limit ? 14 + 7 * longest : 8;
    // Names that are wider than their column are written aslant.
    const is_slanted = longest > Math.floor(cell / 8);
    const below = classes.length > names_limit ? 8 : is_slanted ? 16 + 5 * longest : 24;
    const [row, column] = pointed.value ?? [-1, -1];
    const chosen = chosen_cell();
    const told =
        row < 0
            ? 'Rows are true classes, columns what the model takes them for; shades are shares of a row. A click shows examples.'
            : `${count(confusion[row]![column]!)} of ${classes[row]} (${percent(share[row]![column])}) ` +
              (row === column ? 'are recognised.' : `are taken for ${classes[column]}.`);
    return (
        <div class="matrix">
            <svg
                viewBox={`0 0 ${side + margin} ${side + below}`}
                width={side + margin}
                role="img"
                aria-label={`Confusion matrix of ${classes.length} classes in round ${result.round}; the table below has its numbers`}
                data-testid="confusion"
                onClick={() => pointed.value !== null && choose_cell(pointed.value)}
                onPointerLeave={() => {
                    pointed.value = null;
                }}
                onPointerMove={(event) => {
                    const box = event.currentTarget.getBoundingClientRect();
                    const scale = (side + margin) / box.width;
                    const x = Math.floor(((event.clientX - box.left) * scale - margin) / cell);
                    const y = Math.floor(((event.clientY - box.top) * scale) / cell);
                    const is_inside = x >= 0 && y >= 0 && x < classes.length && y < classes.length;
                    pointed.value = is_inside ? [y, x] : null;
                }}
            >
                <g transform={`translate(${margin} 0)`}>
                    <Cells confusion={confusion} share={share} cell={cell} />
                    {chosen !== null && (
                        <rect class="matrix-chosen" x={chosen[1] * cell} y={chosen[0] * cell} width={cell} height={cell} />
                    )}
                    {row >= 0 && (
                        <rect
                            class="matrix-pointed"
                            x={column * cell}
                            y={row * cell}
                            width={cell}
                            height={cell}
                        />
                    )}
                </g>
                {classes.length <= names_limit &&
                    classes.map((name, place) => (
                        <text key={place} class="matrix-name" x={margin - 6} y={(place + 0.5) * cell}>
                            {shorten(name)}
                        </text>
                    ))}
                {classes.length <= names_limit &&
                    classes.map((name, place) => (
                        <text
                            key={place}
                            class={is_slanted ? 'matrix-name' : 'matrix-column'}
                            transform={`translate(${margin + (place + 0.5) * cell} ${side + 12})${is_slanted ? ' rotate(-45)' : ''}`}
                        >
                            {shorten(name)}
                        </text>
                    ))}
            </svg>
            <p class="hint matrix-told">{told}</p>
        </div>
    );
}

const shorten = (name: string): string => (name.length > longest_name ? `${name.slice(0, longest_name - 1)}…` : name);

/** Between light cells with dark numbers and strong ones with light numbers there is a step: what lies between has no contrast to either. */
const lightest_strong = 0.98;
const darkest_light = 0.42;

function is_strong(part: number): boolean {
    return part >= 0.5;
}

function shade(value: number, part: number): number {
    if (value === 0) {
        return 0.04;
    }
    return is_strong(part)
        ? lightest_strong + (1 - lightest_strong) * (2 * part - 1)
        : 0.1 + (darkest_light - 0.1) * Math.sqrt(2 * part);
}

interface CellsProps {
    confusion: number[][];
    share: number[][];
    cell: number;
    is_right?: (row: number, column: number) => boolean;
}

/** Also of a regression, whose rows begin with the highest. */
export function Cells({ confusion, share, cell, is_right = (row, column) => row === column }: CellsProps) {
    const gap = cell > 12 ? 1 : 0;
    return (
        <>
            {confusion.map((line, row) =>
                line.map((value, column) => {
                    const part = share[row]![column]!;
                    const kind = is_right(row, column) ? 'right' : 'wrong';
                    return (
                        <g key={`${row}/${column}`}>
                            <rect
                                class={`matrix-${kind}`}
                                x={column * cell}
                                y={row * cell}
                                width={cell - gap}
                                height={cell - gap}
                                fill-opacity={shade(value, part)}
                            />
                            {confusion.length <= numbers_limit && value > 0 && (
                                <text
                                    class={is_strong(part) ? 'matrix-number matrix-number-strong' : 'matrix-number'}
                                    x={(column + 0.5) * cell}
                                    y={(row + 0.5) * cell}
                                >
                                    {value}
                                </text>
                            )}
                        </g>
                    );
                }),
            )}
        </>
    );
}

/** How well each class is recognised, and the numbers of the matrix. */
export function ClassTable({ result }: { result: Evaluation & { confusion: number[][] } }) {
    const { classes, confusion } = result;
    const results = useMemo(() => class_results(classes, confusion), [classes, confusion]);
    return (
        <>
            <h3>By class</h3>
            <div class="scroll class-scroll" tabIndex={0} role="region" aria-label="Accuracy by class">
                <table class="table" data-testid="class-table">
                    <thead>
                        <tr>
                            <th scope="col">Class</th>
                            <th scope="col">Recall</th>
                            <th scope="col" class="number">
                                Precision
                            </th>
                            <th scope="col" class="wide">
                                Mostly mistaken for
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {results.map((one, place) => (
                            <tr key={place}>
                                <th scope="row">{one.name}</th>
                                <td>
                                    <span class="meter">
                                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                                            <rect class="meter-all" width="100" height="8" />
                                            <rect class="meter-part" width={(one.recall ?? 0) * 100} height="8" />
                                        </svg>
                                        {percent(one.recall)}
                                    </span>
                                </td>
                                <td class="number">{percent(one.precision)}</td>
                                <td class="wide">
                                    {one.mistaken === null ? (
                                        missing
                                    ) : (
                                        <a href={href_with({ cell: `${place}.${one.mistaken.label}` })}>
                                            {one.mistaken.name} ({count(one.mistaken.samples)})
                                        </a>
                                    )}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <DataTable
                summary="Numbers of the matrix"
                test_id="confusion-table"
                columns={['true class', ...classes]}
                rows={() => confusion.map((line, row) => [classes[row], ...line.map(count)])}
            />
        </>
    );
}
