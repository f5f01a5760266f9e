"""Named arrays, and the one flat float32 array as which they travel."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import struct
import sys
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._errors import Misuse

# A counter n travels as n * COUNTER_UNIT, so that it is no outlier among the weights; whole up to 2**24.
COUNTER_UNIT = 2.0**-20
LARGEST_COUNTER = 2**24
_WHOLE = {"int64", "int32", "int16", "int8", "uint8", "bool"}
_TYPES = {"float32", "float64", "float16", "bfloat16"} | _WHOLE
_STATISTICS = ("running_mean", "running_var", "moving_mean", "moving_variance")
_WRAPPERS = ("module.", "_orig_mod.")
_ORDER = {"trained": 0, "statistic": 1, "counter": 2, "private": 3}

Path = Union[str, "os.PathLike[str]"]
Flat = npt.NDArray[np.float32]
AnyArray = npt.NDArray[Any]

NONE: Flat = np.empty(0, np.float32)


class Arrays(Dict[str, AnyArray]):
    """Arrays by name; who asks for another one is told which there are."""

    def __missing__(self, name: str) -> AnyArray:
        some = ", ".join(repr(one) for one in list(self)[:8]) + (", ..." if len(self) > 8 else "")
        raise Misuse(
            f"the federation's model has no array {name!r}, it has {some or 'none'}: it is that of the file which "
            "the plan's model.arrays names"
        )


@dataclasses.dataclass(frozen=True)
class Array:
    """Where one array lies in the flat one."""

    name: str
    shape: Tuple[int, ...]
    type: str
    role: str
    offset: int
    size: int


def _usual_role(name: str, kind: str) -> str:
    if kind in _WHOLE:
        return "counter"
    return "statistic" if name.endswith(_STATISTICS) else "trained"


def _type_name(value: Any) -> str:
    kind = str(value.dtype)
    return kind[6:] if kind.startswith("torch.") else kind


def _checked_state(state: Any) -> Mapping[str, Any]:
    """As it was given; those who give something else mean one of these."""
    if isinstance(state, Mapping):
        other = next((name for name in state if not isinstance(name, str)), None)
        if other is not None:
            raise Misuse(f"arrays have names, which are texts, not {other!r}")
        return state
    kind = type(state).__name__
    if hasattr(state, "state_dict"):
        raise Misuse(f"arrays by name are wanted, not a {kind}: give its state_dict()")
    raise Misuse(
        f"arrays by name are wanted, such as model.state_dict() or {{'weights': w, 'bias': b}}, not a {kind}"
    )


def _type_of(name: str, value: Any) -> str:
    kind = _type_name(value) if hasattr(value, "dtype") else str(_values(name, value).dtype)
    if kind not in _TYPES:
        raise Misuse(
            f"the array {name!r} is of the type {kind}, which cannot be averaged: leave it out, or give it as float32"
        )
    return kind


def _values(name: str, value: Any) -> AnyArray:
    """As numpy, whatever holds them: torch tensors on any device, numpy arrays, numbers."""
    if hasattr(value, "detach"):
        if getattr(value, "is_sparse", False) or getattr(value, "is_quantized", False):
            raise Misuse(f"the array {name!r} is sparse or quantized: send it dense, or leave it at the client")
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.numpy()
    try:
        return np.asarray(value)
    except ValueError:  # lists of lists of different lengths
        raise Misuse(f"the array {name!r} is none: {type(value).__name__} that numpy cannot read") from None


def _unwrapped(name: str) -> str:
    """Without what DistributedDataParallel and torch.compile put in front."""
    while name.startswith(_WRAPPERS):
        name = name[name.index(".") + 1 :]
    return name


class Layout:
    """The arrays of a model in the order in which they travel: those that are trained, then statistics, then
    counters. Those that stay at the client come last, and lie in a flat array of their own."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        told = []
        for entry in entries:
            kind = entry.get("type", "float32")
            role = entry.get("role") or _usual_role(entry["name"], kind)
            told.append((entry["name"], tuple(int(n) for n in entry["shape"]), kind, role))
        told.sort(key=lambda one: _ORDER[one[3]])
        self.arrays: List[Array] = []
        self.size = 0  #: floats of all
        self.shared = 0  #: floats of those that travel
        for name, shape, kind, role in told:
            size = int(np.prod(shape, dtype=np.int64))
            self.arrays.append(Array(name, shape, kind, role, self.size, size))
            self.size += size
            if role != "private":
                self.shared = self.size

    @classmethod
    def of(cls, state: Mapping[str, Any], statistics: Sequence[str] = ()) -> "Layout":
        """The layout of a state dict; `statistics` names more arrays that are averaged plainly."""
        entries = []
        for given, value in _checked_state(state).items():
            name = _unwrapped(given)
            kind = _type_of(name, value)
            entry: Dict[str, Any] = {"name": name, "shape": list(np.shape(value)), "type": kind}
            if name in statistics or given in statistics:
                entry["role"] = "statistic"
            entries.append(entry)
        strange = [name for name in statistics if name not in state and name not in {e["name"] for e in entries}]
        if strange:
            raise Misuse(f"`statistics` names {strange[0]!r}, which is no array")
        layout = cls(entries)
        if len({one.name for one in layout.arrays}) != len(layout.arrays):
            raise Misuse("two arrays have the same name once `module.` and `_orig_mod.` are taken off")
        return layout

    def to_json(self) -> List[Dict[str, Any]]:
        result = []
        for one in self.arrays:
            entry: Dict[str, Any] = {"name": one.name, "shape": list(one.shape)}
            if one.type != "float32":
                entry["type"] = one.type
            if one.role != _usual_role(one.name, one.type):
                entry["role"] = one.role
            result.append(entry)
        return result

    def _part(self, one: Array, flat: Flat, own: Flat) -> Flat:
        """Where its values are."""
        if one.role == "private":
            return own[one.offset - self.shared :][: one.size]
        return flat[one.offset : one.offset + one.size]

    def unpack(self, flat: Flat, own: Flat = NONE) -> Arrays:
        """Each array in its own type (bfloat16, which numpy does not have, in float32). Those of float32 are
        views. `own` has what stays at the client."""
        result = Arrays()
        for one in self.arrays:
            values: AnyArray = self._part(one, flat, own)
            if one.type in _WHOLE:
                values = np.rint(values.astype(np.float64) / COUNTER_UNIT)
            if one.type not in ("float32", "bfloat16"):
                values = values.astype(one.type)
            result[one.name] = values.reshape(one.shape)
        return result

    def unpack_torch(self, flat: Flat, own: Flat = NONE) -> Dict[str, Any]:
        """The same as torch tensors, which share no memory with `flat`."""
        import torch

        result: Dict[str, Any] = {}
        for name, values in self.unpack(flat, own).items():
            result[name] = torch.from_numpy(np.array(values, copy=True))
        for one in self.arrays:
            if one.type == "bfloat16":
                result[one.name] = result[one.name].bfloat16()
        return result

    def pack(self, state: Mapping[str, Any], spare: Optional[Flat] = None, own: Flat = NONE) -> Flat:
        """The flat array, in `spare` if that fits: fresh memory costs more than the copy. What stays at the client is
        written into `own`. Raises Misuse for names, shapes and types that are not those of the layout."""
        given = _checked_state(state)
        if any(one.name not in given for one in self.arrays):
            given = {_unwrapped(name): value for name, value in state.items()}
        missing = [one.name for one in self.arrays if one.name not in given]
        if missing:
            raise Misuse(
                f"{len(missing)} of {len(self.arrays)} arrays are missing, the first is {missing[0]!r}; there is "
                f"{', '.join(map(repr, list(given)[:3])) or 'none'}: give all that round.arrays has, by these names"
            )
        if len(given) > len(self.arrays):
            known = {one.name for one in self.arrays}
            other = next(name for name in given if name not in known)
            raise Misuse(f"the array {other!r} is not in the federation's model: submit those of round.arrays only")
        flat = spare if spare is not None and spare.size == self.shared else np.empty(self.shared, np.float32)
        for one in self.arrays:
            values = _values(one.name, given[one.name])
            if values.shape != one.shape:
                raise Misuse(f"the array {one.name!r} has the shape {values.shape}, the federation's {one.shape}")
            if values.dtype.kind not in "fiub":
                raise Misuse(f"the array {one.name!r} is of the type {values.dtype}, which cannot be averaged")
            # Written in its own shape: an array that is not contiguous is not copied for it.
            into = self._part(one, flat, own).reshape(one.shape)
            if one.type in _WHOLE:
                into[...] = self._small(one, values)
            else:
                with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is told as not finite
                    into[...] = values
        return flat

    @staticmethod
    def _small(one: Array, values: AnyArray) -> AnyArray:
        """Whole numbers as they travel."""
        if values.size and np.isfinite(values).all():
            if float(np.abs(values.astype(np.float64)).max()) > LARGEST_COUNTER:
                raise Misuse(
                    f"the whole numbers of {one.name!r} are beyond {LARGEST_COUNTER}, where float32 is no longer "
                    "exact: leave the array out, it stays at the client then"
                )
            least, most = (0, 1) if one.type == "bool" else (np.iinfo(one.type).min, np.iinfo(one.type).max)
            if values.min() < least or values.max() > most:
                raise Misuse(f"the array {one.name!r} has values that its type, {one.type}, does not hold")
            if values.dtype.kind == "f" and (values != np.rint(values)).any():
                raise Misuse(f"the array {one.name!r} counts, in {one.type}, and has a value that is not whole")
        return values * COUNTER_UNIT

    def why_not_finite(self, name: str, state: Mapping[str, Any]) -> str:
        """A sentence on the array of this name, of which not all is finite as it travels."""
        given = {_unwrapped(one): value for one, value in state.items()}[name]
        if np.isfinite(_values(name, given)).all():
            return f"the array {name!r} has values beyond 3.4e38, the largest that float32 holds, as which they travel"
        return f"the array {name!r} is not finite"

    def first_not_finite(self, flat: Flat, own: Flat = NONE) -> Optional[str]:
        """The name of the first array with a NaN or an infinite value."""
        if np.isfinite(flat).all() and np.isfinite(own).all():
            return None
        return next((one.name for one in self.arrays if not np.isfinite(self._part(one, flat, own)).all()), None)


def save_arrays(path: Path, state: Mapping[str, Any], statistics: Sequence[str] = ()) -> None:
    """Writes the initial values of a model for the plan's `model.arrays`: a safetensors file of float32, whose
    metadata tell each array's own type and role. `statistics` names arrays that are averaged plainly, besides
    the running statistics of BatchNorm."""
    layout = Layout.of(state, statistics)
    flat = layout.pack(state)
    broken = layout.first_not_finite(flat)
    if broken is not None:
        raise Misuse(layout.why_not_finite(broken, state))
    header: Dict[str, Any] = {
        "__metadata__": {"format": "fedasio", "arrays": json.dumps(layout.to_json(), separators=(",", ":"))}
    }
    for one in layout.arrays:
        header[one.name] = {
            "dtype": "F32",
            "shape": list(one.shape),
            "data_offsets": [4 * one.offset, 4 * (one.offset + one.size)],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    target = pathlib.Path(path)
    beside = target.with_name(target.name + ".part")
    with open(beside, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.write(flat.astype("<f4", copy=False).tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, target)


def _read_safetensors(path: Path) -> Tuple[Dict[str, str], Dict[str, AnyArray]]:
    content = pathlib.Path(path).read_bytes()
    try:
        (size,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + size])
        metadata = header.pop("__metadata__", {})
        tensors = {}
        for name, one in header.items():
            if one["dtype"] != "F32":
                raise ValueError(f"{name!r} is of the type {one['dtype']}, models of a federation hold F32 only")
            first, last = one["data_offsets"]
            values = np.frombuffer(content, "<f4", (last - first) // 4, 8 + size + first)
            tensors[name] = values.reshape(one["shape"])
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise ValueError(f"{os.fspath(path)}: is no safetensors file of a federation: {error}") from error
    return metadata, tensors


def load_model(path: Path) -> Dict[str, AnyArray]:
    """The arrays of a model that the master has saved, by name, each in its own type. With PyTorch:
    `model.load_state_dict({k: torch.from_numpy(v) for k, v in fedasio.load_model(path).items()})`."""
    metadata, tensors = _read_safetensors(path)
    if "arrays" not in metadata:
        return Arrays((name, np.array(values)) for name, values in tensors.items())
    try:
        layout = Layout(json.loads(metadata["arrays"]))
        parts = [tensors[one.name].reshape(-1) for one in layout.arrays]
        if [part.size for part in parts] != [one.size for one in layout.arrays]:
            raise ValueError("shapes differ")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{os.fspath(path)}: the list of its arrays does not fit its tensors: {error}") from error
    flat = np.concatenate([NONE, *parts]).astype(np.float32)
    arrays = layout.unpack(flat[: layout.shared], flat[layout.shared :])
    return Arrays((name, np.array(values)) for name, values in arrays.items())


def torch_is_there() -> bool:
    """Whether the script uses torch: it is not imported for others."""
    return "torch" in sys.modules
