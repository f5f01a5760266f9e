"""A running master over HTTP (docs/api.md)."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, List, Optional

from ._arrays import Path
from ._errors import FederationError, Misuse
from ._runs import curves_html


def _why(reason: Any) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message}); name its authority's with ca=... or FEDASIO_CA"
    if isinstance(reason, TimeoutError):
        return "it does not answer in time"
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__)


class Master:
    """Commands a master, and asks how it is getting on. `url` is that of its dashboard ($FEDASIO_MASTER_URL, else
    http://127.0.0.1:8080): HOST:PORT means http, and a URL that the master printed, with its token, will do. `token`
    is an operator's where it asks for one ($FEDASIO_TOKEN); `ca` the certificate of the authority that signed the
    master's, for https ($FEDASIO_CA; without it the system's authorities count). In a notebook it shows the curves of
    the present run."""

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        ca: Optional[Path] = None,
        timeout: float = 60.0,
    ) -> None:
        given = url or os.environ.get("FEDASIO_MASTER_URL") or "http://127.0.0.1:8080"
        parts = urllib.parse.urlsplit(given if "://" in given else f"http://{given}")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Misuse(f"{given!r} is not the URL of a dashboard, such as http://127.0.0.1:8080")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        told = urllib.parse.parse_qs(parts.query).get("token", [""])[0]
        self._token = token or told or os.environ.get("FEDASIO_TOKEN")
        self._timeout = timeout
        authority = ca or os.environ.get("FEDASIO_CA")
        handlers: List[urllib.request.BaseHandler] = []
        if parts.scheme == "https":
            try:
                context = ssl.create_default_context(cafile=authority)
            except OSError as error:
                raise Misuse(f"the authority's certificate {authority} cannot be read: {error}") from None
            handlers.append(urllib.request.HTTPSHandler(context=context))
        if parts.hostname in ("127.0.0.1", "localhost", "::1"):
            handlers.append(urllib.request.ProxyHandler({}))  # no proxy is nearer
        self._opener = urllib.request.build_opener(*handlers)

    def _ask(self, path: str, body: Optional[Dict[str, Any]] = None) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            try:
                told = json.loads(text)
                reason = told.get("reason") or told.get("error") or str(error)
            except ValueError:
                reason = str(error)
            raise FederationError(reason) from None
        except urllib.error.URLError as error:
            raise FederationError(f"there is no master at {self.url}: {_why(error.reason)}") from None
        except (OSError, http.client.HTTPException) as error:
            raise FederationError(f"{self.url} does not answer as a master's dashboard does: {_why(error)}") from None

    def get(self, path: str) -> Any:
        """The answer to GET /api/v1/`path`."""
        text = self._ask(path)
        try:
            return json.loads(text)
        except ValueError:
            raise FederationError(f"what answers at {self.url} is no dashboard of a master") from None

    def command(self, name: str, **options: Any) -> str:
        """A command of docs/api.md, such as `command("pause")`; gives what the master says. Raises FederationError
        with its reason when it refuses."""
        return str(json.loads(self._ask("commands", {"command": name, **options}))["message"])

    @property
    def status(self) -> Dict[str, Any]:
        return dict(self.get("status"))

    @property
    def rounds(self) -> List[Dict[str, Any]]:
        return list(self.get("rounds"))

    def train(self, rounds: Optional[int] = None, wait: bool = True, poll: float = 0.2) -> List[Dict[str, Any]]:
        """Trains so many more rounds (default: those of the plan), and gives them when they are done; with
        `wait=False` at once, without any. Raises FederationError when the training fails."""
        before = self.get("rounds")
        last = before[-1]["round"] if before else 0
        number = self._last_event()
        self.command("train", **({} if rounds is None else {"rounds": rounds}))
        while wait:
            page = self.get(f"events?after={number}&limit=1000")["events"]
            for event in page:
                number = event["seq"]
                if event["type"] == "training_finished":
                    if event["outcome"] == "failed":
                        raise FederationError(event["detail"])
                    return [one for one in self.rounds if one["round"] > last]
            if not page:
                time.sleep(poll)
        return []

    def _last_event(self) -> int:
        number = 0
        while True:
            page = self.get(f"events?after={number}&limit=1000")["events"]
            if not page:
                return number
            number = page[-1]["seq"]

    def save_model(self, path: Path) -> None:
        """Writes the global model as it is now into a file; load_model() reads it."""
        pathlib.Path(path).write_bytes(self._ask("model"))

    def __repr__(self) -> str:
        return f"<fedasio.Master {self.url}>"

    def _repr_html_(self) -> str:
        status = self.status
        return curves_html(f"{status['plan']}: {status['phase']}, round {status['round']}", self.rounds)
