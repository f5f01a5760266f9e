"""What a master has kept of its runs in its state folder."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import sqlite3
from typing import Any, Dict, List, Optional, Union

Path = Union[str, "os.PathLike[str]"]

# What trainers of one's own tell has two places in a round of the report.
_OWN = ("train_metrics.", "test_metrics.")


def _table(rows: List[Dict[str, Any]]) -> Any:
    """A data frame if pandas is there, else the rows."""
    try:
        import pandas  # type: ignore[import]
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


def _curve(points: List[Any], width: int, height: int, colour: str) -> str:
    values = [(x, y) for x, y in points if y is not None]
    if len(values) < 2:
        return ""
    low = min(y for _, y in values)
    high = max(y for _, y in values)
    first, last = values[0][0], values[-1][0]
    span = (high - low) or 1.0
    place = [
        f"{(x - first) / (last - first) * (width - 4) + 2:.1f},{height - 2 - (y - low) / span * (height - 4):.1f}"
        for x, y in values
    ]
    return f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(place)}"/>'


def _with_own_metrics(result: Dict[str, Any]) -> Dict[str, Any]:
    """Own metrics as columns beside the others, named as a plan names them: test_metrics.auc."""
    flat = {key: value for key, value in result.items() if f"{key}." not in _OWN}
    for kind in _OWN:
        flat.update((kind + name, value) for name, value in (result.get(kind[:-1]) or {}).items())
    return flat


def curves_html(title: str, rounds: List[Dict[str, Any]]) -> str:
    """Loss, accuracy and own metrics by round, as small pictures for a notebook."""
    import html

    rounds = [_with_own_metrics(one) for one in rounds]
    own = sorted({key.split(".", 1)[1] for one in rounds for key in one if key.startswith(_OWN)})
    charts = [(name, [f"train_{name}", f"test_{name}"]) for name in ("loss", "accuracy")]
    charts += [(name, [kind + name for kind in _OWN]) for name in own]
    shown = [f"<b>{html.escape(title)}</b>"]
    width, height = 280, 80
    for name, kinds in charts:
        lines = [
            _curve([(one["round"], one.get(kind)) for one in rounds], width, height, colour)
            for kind, colour in zip(kinds, ("#888", "#06c"))
        ]
        if any(lines):
            last = next((one.get(kinds[1]) for one in reversed(rounds) if one.get(kinds[1]) is not None), None)
            text = html.escape(name) if last is None else f"{html.escape(name)} (test: {last:.4g})"
            shown.append(
                f'<div style="display:inline-block;margin-right:1em">{text}<br>'
                f'<svg width="{width}" height="{height}" style="border:1px solid #ccc">{"".join(lines)}</svg></div>'
            )
    return "<div>" + "<br>".join(shown[:1]) + "<br>" + "".join(shown[1:]) + "</div>"


class Run:
    """One run of a plan, as it stands in the history. In a notebook it shows its curves."""

    def __init__(self, facts: Dict[str, Any], rounds: List[Dict[str, Any]], clients: List[Dict[str, Any]]) -> None:
        self.id: str = facts["id"]
        self.plan: Dict[str, Any] = json.loads(facts["plan_text"])
        self.name: str = facts["plan"]
        self.outcome: Optional[str] = facts["outcome"]  #: None while it goes on, and when it was cut off
        self.detail: Optional[str] = facts["detail"]
        self.weights_sha256: Optional[str] = facts["weights_sha256"]
        self._rounds = rounds
        self._clients = clients

    @property
    def rounds(self) -> Any:
        """A row a round, with the keys of the report's rounds, and own metrics as keys of their own, such as
        "test_metrics.auc": a data frame if pandas is there, else a list of dicts."""
        return _table(self._rounds)

    @property
    def clients(self) -> Any:
        """A row for each client and round: likewise."""
        return _table(self._clients)

    def __repr__(self) -> str:
        return f"<fedasio.Run {self.id} of {self.name!r}: {len(self._rounds)} rounds, {self.outcome or 'not ended'}>"

    def _repr_html_(self) -> str:
        return curves_html(f"{self.name}: {len(self._rounds)} rounds, {self.outcome or 'not ended'}", self._rounds)


def read_run(state_dir: Path, run: Optional[str] = None) -> Run:
    """Reads a run from a master's state folder, also while the master works: the latest, or the one with this
    number. Raises FileNotFoundError without a history, and KeyError for a run that is not there."""
    file = pathlib.Path(state_dir) / "history.sqlite"
    if not file.exists():
        raise FileNotFoundError(f"{file}: there is no history; is {state_dir} the master's --state-dir?")
    with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
        base.row_factory = sqlite3.Row
        # Between its making and its first transaction the file has no tables.
        has_tables = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone() is not None
        chosen = None
        if has_tables and run is None:
            chosen = base.execute("SELECT * FROM runs ORDER BY started DESC LIMIT 1").fetchone()
        elif has_tables:
            chosen = base.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
        if chosen is None:
            raise KeyError(f"there is no run {run!r} in {file}" if run else f"there is no run in {file} yet")
        facts = dict(chosen)
        rounds = [
            {"round": row["round"], **_with_own_metrics(json.loads(row["result"]))}
            for row in base.execute("SELECT round, result FROM rounds WHERE run = ? ORDER BY round", (facts["id"],))
        ]
        clients = [
            dict(row)
            for row in base.execute(
                "SELECT round, client, worker, samples, loss, accuracy, seconds, reason, detail FROM clients "
                "WHERE run = ? ORDER BY round, client",
                (facts["id"],),
            )
        ]
    return Run(facts, rounds, clients)
