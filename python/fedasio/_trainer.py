"""A script as the trainer of a worker: connect() for one client and a loop, serve() for many and functions."""

from __future__ import annotations

import atexit
import collections
import collections.abc
import contextlib
import dataclasses
import math
import operator
import os
import re
import socket
import sys
import threading
from typing import Any, Callable, Deque, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union, cast

import numpy as np

from . import _link as link
from . import _memory as memory
from ._arrays import Arrays, Flat, Layout, torch_is_there
from ._errors import Diverged, FederationError, Misuse
from ._worker import OwnWorker, check_key_file, find

DESCRIPTOR = "FEDASIO_TRAINER_FD"
MASTER = "FEDASIO_MASTER"
KEY = "FEDASIO_KEY_FILE"

Counts = Union[int, Tuple[int, int]]


def _whole(what: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise Misuse(f"{what} must be a whole number, not {value!r}") from None
    if number < least:
        raise Misuse(f"{what} must be at least {least}, not {number}")
    return number


def _real(what: str, value: Any) -> float:
    """Of a number, an array or tensor of one."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise Misuse(f"{what} must be one number, not {type(value).__name__}") from None


def _share(what: str, value: Any) -> float:
    share = _real(what, value)
    if not 0 <= share <= 1:
        hint = "; is it in percent? Divide it by 100" if 1 < share <= 100 else ""
        raise Misuse(f"{what} of {share:g} is not between 0 and 1{hint}")
    return share


#: What the master takes of a client's own metrics.
_MOST_METRICS = 16
_METRIC_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/@%-]{0,63}", re.ASCII)
_METRIC_MAGNITUDE = 1e100


def _metrics(told: Any) -> Dict[str, float]:
    """Own metrics as the master takes them."""
    if told is None:
        return {}
    if not isinstance(told, collections.abc.Mapping):
        raise Misuse(f'metrics are numbers by name, such as {{"auc": 0.9}}, not a {type(told).__name__}')
    if len(told) > _MOST_METRICS:
        raise Misuse(f"{len(told)} metrics are more than the {_MOST_METRICS} that a client may tell: leave some out")
    metrics = {}
    for name, value in told.items():
        if not isinstance(name, str) or not _METRIC_NAME.fullmatch(name):
            raise Misuse(
                f"{name!r} is no name of a metric: use 1 to 64 letters, digits and _ . - + / @ %, the first a letter "
                'or a digit, such as "auc"'
            )
        if isinstance(value, (str, bytes)):
            raise Misuse(f"the metric {name!r} must be one number, not {type(value).__name__}")
        number = _real(f"the metric {name!r}", value)
        if not math.isfinite(number):
            raise Misuse(f"the metric {name!r} is {number}: leave it out where there is none")
        if abs(number) > _METRIC_MAGNITUDE:
            raise Misuse(f"the metric {name!r} of {number:g} is out of proportion: at most 1e100 in magnitude")
        metrics[name] = number
    return metrics


@dataclasses.dataclass(frozen=True)
class Load:
    """The clients that this script has from now on."""

    clients: Tuple[int, ...]
    clients_total: int
    source: Dict[str, Any]  #: the plan's data.source
    partition: Dict[str, Any]  #: the plan's data.partition
    holdout: float  #: share of each client's samples that the plan wants kept for testing
    seed: int  #: the plan's


class _Task:
    """What a round and an evaluation have in common: the weights, and the question whether anybody needs them."""

    def __init__(self, federation: "Federation", request: link.Frame) -> None:
        self._federation = federation
        self._request = request
        self._layout = federation._layout
        self._flat = federation._weights
        self._own = request.body.view("<f4")  # the arrays that stay at this client
        if self._own.size != self._layout.size - self._layout.shared:
            raise ValueError(f"{self._own.size} values of a client's own arrays")
        self._done = False
        self._cancelled = threading.Event()
        self.number: int = request.meta["round"]  #: of the round, from 1
        self.client: int = request.meta["client"]

    @property
    def arrays(self) -> Arrays:
        """The global model by name, each array in its own type. Yours to change."""
        return self._layout.unpack(self._flat.copy(), self._own.copy())

    def state_dict(self) -> Dict[str, Any]:
        """The same as torch tensors if the script has imported torch, for load_state_dict(); else `arrays`."""
        return self._layout.unpack_torch(self._flat, self._own) if torch_is_there() else self.arrays

    @property
    def cancelled(self) -> bool:
        """Nobody needs the result any more: a long loop may end early. What is submitted all the same is read
        past."""
        return self._cancelled.is_set() or self._federation._is_over

    def _finish(self) -> None:
        self._done = True
        self._federation._forget(self)

    def _refuse(self, code: str, reason: str) -> None:
        self._federation._link.check_owner()
        if not self._done:
            self._finish()
            self._federation._tell(lambda wire: wire.refuse(self._request, code, reason))


class Round(_Task):
    """Train a client in a round, from the weights in `arrays` or state_dict(), and submit() what comes out."""

    def __init__(self, federation: "Federation", request: link.Frame) -> None:
        super().__init__(federation, request)
        told = request.meta.get("local", {})
        optimizer = dict(told.get("optimizer", {}))
        #: The plan's `local` of this round, in one level: `epochs`, `batch_size`, `learning_rate` (of the schedule),
        #: `momentum`, `weight_decay`, `proximal`, and `optimizer`, its name.
        self.local: Dict[str, Any] = {**told, **optimizer, "optimizer": optimizer.get("type")}
        #: Of this client and round, below 2**32: what is drawn from it is the same in each run of the plan.
        self.seed: int = request.meta["seed"]

    def submit(
        self,
        state: Mapping[str, Any],
        *,
        loss: float,
        samples: Optional[int] = None,
        accuracy: Optional[float] = None,
        metrics: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Sends what was trained. `loss` is the mean over the samples in the last epoch, at least 0; `accuracy`
        from 0 to 1. `metrics` are up to 16 numbers of your own by name, such as {"auc": 0.9}, which the master
        averages by samples. `samples` must be what was told when the data was loaded. Raises Misuse for what cannot
        be meant, and Diverged, after the master was told, where a weight or the loss is not finite."""
        federation = self._federation
        federation._link.check_owner()
        if self._done:
            raise Misuse(f"round {self.number} of client {self.client} was submitted before: submit once a round")
        told = federation._samples_of(self.client)
        if samples is not None and _whole("samples", samples, 0) != told:
            raise Misuse(
                f"{samples} samples are submitted, but {told} were told when the data was loaded: they are the "
                "client's weight in the mean, and must be the same"
            )
        loss = _real("loss", loss)
        if accuracy is not None:
            accuracy = _share("an accuracy", accuracy)
        numbers = _metrics(metrics)
        shared = federation._memory
        if shared is None:
            spare, federation._spare = federation._spare, None
        else:
            spare = shared[self._layout.shared :]
        own = np.empty(self._own.size, np.float32)
        flat = self._layout.pack(state, spare, own)
        broken = self._layout.first_not_finite(flat, own)
        if broken is not None or not math.isfinite(loss):
            reason = f"client {self.client} diverges: " + (
                "its loss is not finite" if broken is None else self._layout.why_not_finite(broken, state)
            )
            reason += (
                "; lower the learning rate: local.optimizer.learning_rate in the plan, or that of an optimizer of "
                "the script's own"
            )
            self._refuse("diverged", reason)
            raise Diverged(reason)
        if loss < 0:
            raise Misuse(
                f"a loss of {loss:g} is negative, and the master takes 0 and more: give one that is not, such as the "
                "mean cross entropy or squared error"
            )
        meta: Dict[str, Any] = {
            "round": self.number,
            "client": self.client,
            "samples": told,
            "loss": loss,
        }
        if accuracy is not None:
            meta["accuracy"] = accuracy
        if own.size:
            meta["state"] = [["private", own.size]]
        body = own if shared is not None else np.concatenate([flat, own]) if own.size else flat
        if numbers:
            meta["metrics"] = numbers
        self._finish()
        federation._tell(lambda wire: wire.reply(self._request, meta, body))
        federation._spare = flat if shared is None else None  # it has been sent

    def fail(self, reason: str) -> None:
        """Tells the master that this client cannot train in this round."""
        self._refuse("failed", reason)


class Evaluation(_Task):
    """Test the model in `arrays` or state_dict() on what this client holds out."""

    _KNOWN = ("loss", "accuracy", "samples", "metrics")

    @property
    def held_out(self) -> int:
        """How many samples that are."""
        return self._federation._held_out_of(self.client)

    def _answer(self, result: Mapping[str, Any]) -> None:
        if not isinstance(result, collections.abc.Mapping) or "loss" not in result:
            raise Misuse(
                'evaluate() returns {"loss": mean, "accuracy": share} and metrics of its own, such as "auc"; all but '
                "the loss may be left out"
            )
        own = {name: value for name, value in result.items() if name not in self._KNOWN}
        own = _metrics({**own, **_metrics(result.get("metrics"))})
        samples = _whole("samples", result.get("samples", self.held_out), 1)
        loss = _real("loss", result["loss"])
        if not math.isfinite(loss) or loss < 0:
            self._refuse("failed", f"the loss of the global model at client {self.client} is {loss}")
            return
        meta: Dict[str, Any] = {"client": self.client, "samples": samples, "loss_sum": loss * samples}
        if result.get("accuracy") is not None:
            meta["correct"] = round(_share("an accuracy", result["accuracy"]) * samples)
        if own:
            meta["metrics"] = own
        self._finish()
        self._federation._tell(lambda wire: wire.reply(self._request, meta))


LoadFunction = Callable[[Load], Mapping[int, Counts]]
EvaluateFunction = Callable[[Evaluation], Mapping[str, Any]]
TrainFunction = Callable[[Round], None]
InitialFunction = Callable[[], Mapping[str, Any]]


class Federation:
    """The conversation with the worker. Its thread reads and answers what needs no user code; rounds and evaluations
    come up in rounds()."""

    _peer = "worker"

    def __init__(
        self,
        wire: socket.socket,
        load: LoadFunction,
        evaluate: Optional[EvaluateFunction],
        worker: Optional[OwnWorker] = None,
        load_here: bool = True,
        initial: Optional[InitialFunction] = None,
    ) -> None:
        self._initial = initial
        self._link = link.Link(wire)
        self._worker = worker
        self._load = load
        self._load_here = load_here
        self._evaluate = evaluate
        self._counts: Dict[int, Tuple[int, int]] = {}
        self._layout = Layout([])
        self._weights: Flat = np.empty(0, np.float32)
        self._news = threading.Condition()
        self._waiting: Deque[Any] = collections.deque()
        self._spare: Optional[Flat] = None  # that an earlier update was packed in
        self._memory: Optional[Flat] = None  # the weights, then the update; None: they go through the socket
        self._open: List[_Task] = []
        self._last: Optional[Round] = None  # that the script has been given
        self._is_over = False
        self._end: Optional[str] = None  # said by the worker, in good order
        self._why_lost: Optional[str] = None
        self._closed = False
        self._tell(lambda wire: wire.send(link.HELLO, {"name": "trainer", "version": "python"}, correlation=1))
        self._reader = threading.Thread(target=self._read, name="fedasio", daemon=True)
        self._reader.start()
        atexit.register(self.close)  # of a script without `with`

    # What the reading thread does.

    def _read(self) -> None:
        reason = None
        try:
            while True:
                frame = self._link.read()
                if frame is None:
                    break
                if frame.kind == link.BYE:
                    reason = frame.meta.get("reason") or reason
                    break
                self._hear(frame)
        except Exception as error:  # a worker that cannot be understood
            if not self._closed:
                reason = f"the {self._peer} was not understood ({type(error).__name__}: {error}): is it of this version?"
        if reason is None:
            reason = f"the {self._peer} has ended" if self._worker is None or self._closed else self._worker.why_it_ended()
        with self._news:
            self._is_over = True
            if self._end is None:
                self._why_lost = reason
            self._news.notify_all()
        self._link.hang_up()

    def _hear(self, frame: link.Frame) -> None:
        if frame.kind == link.PING:
            self._link.send(link.PONG, correlation=frame.correlation)
        elif frame.kind == link.LOAD:
            if self._load_here:
                self._answer_load(frame)
            else:
                self._queue(frame)
        elif frame.kind == link.INITIAL:
            if self._load_here:
                self._answer_initial(frame)
            else:
                self._queue(frame)
        elif frame.kind == link.MODEL:
            self._layout = Layout(frame.meta["arrays"])
            self._memory = memory.shared(frame.meta.get("memory"), 2 * self._layout.shared)
            self._link.reply(frame, {"parameters": self._layout.size, "memory": self._memory is not None})
        elif frame.kind == link.WEIGHTS:
            if self._memory is None:
                self._weights = frame.body.view("<f4")
            else:
                self._weights = self._memory[: self._layout.shared]
            self._link.reply(frame, {"version": frame.meta["version"]})
        elif frame.kind == link.TRAIN:
            self._queue(Round(self, frame))
        elif frame.kind == link.EVALUATE:
            if self._evaluate is None:
                self._link.refuse(frame, "failed", "this trainer does not evaluate")
            else:
                self._queue(Evaluation(self, frame))
        elif frame.kind == link.CANCEL:
            self._cancel(frame.meta["round"])
        elif frame.kind == link.RUN_OVER:
            self._end = frame.meta.get("reason", "")
        elif frame.is_request:
            self._link.refuse(frame, "unexpected", f"a trainer does not know requests of type {frame.kind}")

    def _queue(self, what: Any) -> None:
        with self._news:
            self._waiting.append(what)
            if isinstance(what, _Task):
                self._open.append(what)
            self._news.notify_all()

    def _cancel(self, number: int) -> None:
        with self._news:
            stale = [task for task in self._open if task.number <= number]
            for task in stale:
                task._cancelled.set()
            unbegun = [task for task in stale if task in self._waiting]
            self._waiting = collections.deque(task for task in self._waiting if task not in unbegun)
        for task in unbegun:
            task._refuse("unexpected", "the round was given up")

    def _answer_load(self, frame: link.Frame) -> None:
        meta = frame.meta
        asked = Load(
            tuple(meta["clients"]),
            meta["clients_total"],
            meta["source"],
            meta["partition"],
            meta["holdout"],
            meta["seed"],
        )
        try:
            found = self._load(asked)
            if not isinstance(found, collections.abc.Mapping):
                raise Misuse(
                    "load() returns for each client of what.clients how many samples it has, such as {0: 120, 1: 80}, "
                    f"not a {type(found).__name__}"
                )
            counts = {}
            for client in asked.clients:
                if client not in found:
                    raise Misuse(f"load() tells nothing of client {client}, which it was asked for")
                told = found[client]
                train, held_out = told if isinstance(told, tuple) and len(told) == 2 else (told, 0)
                counts[client] = (
                    _whole(f"the samples of client {client}", train, 0),
                    _whole(f"the held out samples of client {client}", held_out, 0),
                )
        except Exception as error:
            self._tell(lambda wire: wire.refuse(frame, "data", f"{type(error).__name__}: {error}"))
            if isinstance(error, Misuse):
                raise
            return
        self._counts = counts
        reply = [{"client": c, "samples": n, "held_out": h} for c, (n, h) in counts.items()]
        self._tell(lambda wire: wire.reply(frame, {"clients": reply}))

    def _answer_initial(self, frame: link.Frame) -> None:
        try:
            if self._initial is None:
                raise Misuse("the plan leaves the model to the trainer: give connect() or serve() `initial`")
            state = self._initial()
            layout = Layout.of(state)
            flat = layout.pack(state)
            broken = layout.first_not_finite(flat)
            if broken is not None:
                raise Misuse(layout.why_not_finite(broken, state))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            self._tell(lambda wire: wire.refuse(frame, "failed", reason))
            return
        self._tell(lambda wire: wire.reply(frame, {"arrays": layout.to_json()}, flat))

    # What tasks ask for.

    def _samples_of(self, client: int) -> int:
        return self._counts.get(client, (0, 0))[0]

    def _held_out_of(self, client: int) -> int:
        return self._counts.get(client, (0, 0))[1]

    def _forget(self, task: _Task) -> None:
        with self._news:
            if task in self._open:
                self._open.remove(task)

    def _tell(self, what: Callable[[link.Link], None]) -> None:
        try:
            what(self._link)
        except OSError:
            pass  # the reading thread finds the end, and why

    # What the script does.

    def rounds(self) -> Iterator[Round]:
        """One Round after the other, until the training is over. Raises FederationError when it ends for another
        reason."""
        self._link.check_owner()
        while True:
            last = self._last
            if last is not None and not last._done:
                if not last.cancelled:
                    last._refuse("failed", "the script went on without submitting")
                    raise Misuse(
                        f"round {last.number} was not submitted: call round.submit(...), or round.fail(reason), "
                        "before the next one"
                    )
                last._refuse("unexpected", "the round was given up")
            with self._news:
                while not self._waiting and not self._is_over:
                    self._news.wait()
                if not self._waiting or self._is_over:
                    break
                task = self._waiting.popleft()
            if isinstance(task, Round):
                self._last = task
                yield task
            elif isinstance(task, Evaluation):
                self._run_evaluation(task)
            elif task.kind == link.INITIAL:
                self._answer_initial(task)
            else:
                self._answer_load(task)
        if self._why_lost is not None and not self._closed:
            raise FederationError(self._why_lost)

    def _run_evaluation(self, task: Evaluation) -> None:
        assert self._evaluate is not None
        try:
            task._answer(self._evaluate(task))
        except Exception as error:
            task._refuse("failed", f"{type(error).__name__}: {error}")
            raise

    def close(self, reason: str = "the script has ended") -> None:
        """Leaves the federation: the worker ends. Called at the end of a `with`."""
        if self._closed or self._link.is_of_another_process():
            return
        self._closed = True
        atexit.unregister(self.close)
        with self._news:
            tasks = list(self._open)
        for task in tasks:
            task._refuse("failed", reason)
        self._tell(lambda wire: wire.send(link.BYE, {"reason": reason[:1000]}))
        try:
            self._link._wire.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._reader.join(3)
        self._link.hang_up()
        self._reader.join(3)
        self._link.close()
        if self._worker is not None:
            self._worker.end()

    def __enter__(self) -> "Federation":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close("the script has ended" if error is None else f"{kind.__name__}: {error}")


def _open(
    address: Optional[str],
    key: Optional[str],
    name: Optional[str],
    worker: Optional[str],
    arguments: Sequence[str],
) -> Tuple[socket.socket, Optional[OwnWorker]]:
    inherited = adopt_inherited()
    if inherited is not None:
        return inherited, None
    address = address or os.environ.get(MASTER)
    if not address:
        raise Misuse(
            f"where is the master? connect(\"HOST:PORT\"), or set {MASTER}. A script that `fedasio-worker --trainer` "
            "has started joins once: that worker is its way to the master"
        )
    command = [find(worker), "--connect", address]
    key = key or os.environ.get(KEY)
    if key:
        check_key_file(os.fspath(key))
        command += ["--key-file", os.fspath(key)]
    if name:
        command += ["--name", name]
    own, theirs = socket.socketpair()
    with theirs:
        try:
            return own, OwnWorker([*command, *arguments], theirs)
        except BaseException:
            own.close()
            raise


def adopt_inherited() -> Optional[socket.socket]:
    """The way to the worker, or master, that has started this script; None: nobody has."""
    inherited = os.environ.pop(DESCRIPTOR, None)
    if inherited is None:
        return None
    # What the script prints reaches the other's log line by line, not when a buffer is full.
    with contextlib.suppress(AttributeError, ValueError):
        cast(Any, sys.stdout).reconfigure(line_buffering=True)
    return _adopted(inherited)


def _adopted(number: str) -> socket.socket:
    try:
        return socket.socket(fileno=int(number))
    except (ValueError, OSError):
        raise Misuse(
            f"{DESCRIPTOR} is {number!r}, which is no open socket: it is set by `fedasio-worker --trainer` and "
            "`fedasio-master --evaluator` for the script itself; start the script without a shell that closes descriptors, or unset it"
        ) from None


def connect(
    address: Optional[str] = None,
    *,
    samples: int,
    held_out: int = 0,
    evaluate: Optional[EvaluateFunction] = None,
    initial: Optional[InitialFunction] = None,
    key: Optional[str] = None,
    name: Optional[str] = None,
    worker: Optional[str] = None,
    arguments: Sequence[str] = (),
) -> Federation:
    """Joins a federation as one client with `samples` samples to train on. Use it in a `with`.

    Starts `fedasio-worker` (`worker`, else $FEDASIO_WORKER, else on the PATH), which keeps the connection to the
    master at `address` (HOST:PORT; else $FEDASIO_MASTER), with the shared key in the file `key` ($FEDASIO_KEY_FILE)
    and more `arguments`, such as `["--tls", "kit"]`. A script that `fedasio-worker --trainer` has started finds its
    worker there already.

    `held_out` samples are for testing the global model: `evaluate` is called with an Evaluation and returns
    {"loss": mean, "accuracy": share}; the accuracy may be left out. Other keys are metrics of your own, as those of
    Round.submit().

    `initial` is called for the model of a plan with `"model": {"from": "trainer"}`, such as
    `initial=model.state_dict`."""
    samples = _whole("samples", samples, 1)
    held_out = _whole("held_out", held_out, 0)
    if (held_out > 0) != (evaluate is not None):
        raise Misuse("`held_out` and `evaluate` go together: give both or neither")
    wire, process = _open(address, key, name, worker, arguments)

    def counts(what: Load) -> Dict[int, Counts]:
        return {client: (samples, held_out) for client in what.clients}

    return Federation(wire, counts, evaluate, process, initial=initial)


def serve(
    address: Optional[str] = None,
    *,
    train: TrainFunction,
    load: LoadFunction,
    evaluate: Optional[EvaluateFunction] = None,
    initial: Optional[InitialFunction] = None,
    key: Optional[str] = None,
    name: Optional[str] = None,
    worker: Optional[str] = None,
    arguments: Sequence[str] = (),
) -> None:
    """Serves many clients by functions, until the training is over. `load` is called with a Load and returns for each
    of its clients how many samples it trains on, or (samples, held out); `train` with a Round, which it submits;
    `evaluate` with an Evaluation, as in connect(). A client whose training raises is left out of the round, and the
    others go on. Arguments as in connect()."""
    wire, process = _open(address, key, name, worker, arguments)
    with Federation(wire, load, evaluate, process, load_here=False, initial=initial) as federation:
        for round in federation.rounds():
            try:
                train(round)
                if not round._done and not round.cancelled:
                    round.fail("train() returned without round.submit(...)")
            except Diverged:
                pass
            except Exception as error:
                import traceback

                traceback.print_exc()
                round.fail(f"{type(error).__name__}: {error}")
