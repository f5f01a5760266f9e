"""Who may use the dashboard: tokens, roles, sessions, HTTPS, names, limits, and what is written down."""

import base64
import hashlib
import hmac
import http.client
import json
import signal
import socket
import ssl
import time
import unittest

from federation import Federation
from programs import BIN, poll, run_program

PAUSE = {"command": "pause"}
EVIL = {"Origin": "http://evil.example"}


class Browser:
    """Asks a master, each time on a connection of its own, and keeps cookies as a browser does."""

    def __init__(self, address, context=None):
        self.address = address
        self.context = context
        self.cookie = None
        self.stream_path = "/api/v1/stream"
        self.origin = ("http" if context is None else "https") + "://" + address

    def connect(self):
        host, _, port = self.address.rpartition(":")
        if self.context is None:
            return http.client.HTTPConnection(host, int(port), timeout=60)
        return http.client.HTTPSConnection(host, int(port), timeout=60, context=self.context)

    def ask(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
            if method not in ("GET", "HEAD"):
                headers.setdefault("Origin", self.origin)
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            if answer.headers["Set-Cookie"]:
                self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
            return answer
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def command(self, body, headers=None):
        return self.ask(
            "POST",
            "/api/v1/commands",
            json.dumps(body),
            {"Content-Type": "application/json", **(headers or {})},
        )

    def role(self, **headers):
        """The role that the master sees, or the status with which it refuses."""
        answer = self.get("/api/v1/session", **headers)
        return json.loads(answer.text)["role"] if answer.status == 200 else answer.status

    def stream(self):
        """Opens the event stream; gives the socket and what came after the answer's header."""
        connection = self.connect()
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
            "Origin": self.origin,
        }
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request("GET", self.stream_path, headers=headers)
        wire = connection.sock
        received = b""
        while b"\r\n\r\n" not in received:
            received += wire.recv(1)
        return wire, int(received.split(b" ")[1])


def stream_status(browser):
    """With what the master answers who wants to listen."""
    wire, status = browser.stream()
    wire.close()
    return status


def close_code(wire):
    """Reads a stream to its close frame."""
    received = b""
    while True:
        more = wire.recv(65536)
        if not more:
            return None
        received += more
        while len(received) >= 2:
            size, head = received[1], 2
            if size >= 126:
                head = 4 if size == 126 else 10
                size = int.from_bytes(received[2:head], "big")
            if len(received) < head + size:
                break
            if received[0] & 15 == 8:
                return int.from_bytes(received[head : head + 2], "big")
            received = received[head + size :]


class Access(Federation):
    def setUp(self):
        super().setUp()
        self.tokens_file = self.folder / "tokens"

    def guarded(self, *options, dashboard="127.0.0.1:0"):
        """A master that asks for tokens, which are taken from what it prints."""
        master = self.master(
            self.plan(), "--dashboard-tokens", self.tokens_file, *options, dashboard=dashboard
        )
        self.urls = {}
        for role in "operator", "viewer":
            self.urls[role] = master.wait_line("stdout", role + " ").split(" ", 1)[1]
        self.tokens = {role: url.partition("?token=")[2] for role, url in self.urls.items()}
        return master

    def browser(self, master, context=None):
        return Browser(master.dashboard.partition("://")[2], context)

    def logged_in(self, master, role, context=None):
        browser = self.browser(master, context)
        answer = browser.get("/?token=" + self.tokens[role])
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        return browser

    def audit(self, master, count):
        """The first so many lines of the audit log."""
        file = self.folder / "state" / "audit.log"
        poll(lambda: file.exists() and file.read_text().count("\n") >= count, f"{count} lines in the audit log")
        return [json.loads(line) for line in file.read_text().splitlines()]

    def forged(self, role, expires, session="0123456789abcdef"):
        """A cookie's value, as only who has the role's token can make it."""
        text = f"{role}.{expires}.{session}"
        mac = hmac.new(
            self.tokens[role].encode(), b"fedasio dashboard session " + text.encode(), hashlib.sha256
        )
        return f"{text}.{mac.hexdigest()}"


class Tokens(Access):
    def test_roles(self):
        master = self.guarded()
        stranger = self.browser(master)
        page = stranger.get("/")
        self.assertEqual(page.status, 401)
        self.assertIn('action="/login"', page.text)
        self.assertNotIn("script", page.text)
        for path in "/app.js", "/metrics", "/api/v1/status", "/api/v1/session", "/api/v1/runs":
            self.assertEqual(stranger.get(path).status, 401, path)
        self.assertEqual(stranger.get("/healthz").status, 200)
        self.assertEqual(stranger.command(PAUSE).status, 401)
        self.assertEqual(stream_status(stranger), 401)

        viewer = self.logged_in(master, "viewer")
        self.assertEqual(viewer.role(), "viewer")
        for path in "/", "/app.js", "/metrics", "/api/v1/status":
            self.assertEqual(viewer.get(path).status, 200, path)
        refused = viewer.command({"command": "train"})
        self.assertEqual(refused.status, 403)
        self.assertIn("viewer", json.loads(refused.text)["reason"])
        self.assertEqual(stream_status(viewer), 101)

        operator = self.logged_in(master, "operator")
        self.assertEqual(operator.role(), "operator")
        allowed = operator.command(PAUSE)
        self.assertEqual(json.loads(allowed.text)["reason"], "nothing is being trained")

    def test_the_form(self):
        master = self.guarded()
        browser = self.browser(master)
        own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": master.dashboard}
        wrong = browser.ask("POST", "/login", "token=nonsense", own)
        self.assertEqual(wrong.status, 401)
        self.assertIn("not one of this master", wrong.text)
        right = "token=" + self.tokens["viewer"]
        self.assertEqual(browser.ask("POST", "/login", right, {**own, **EVIL}).status, 403)
        self.assertEqual(browser.ask("POST", "/login", right, own).status, 303)
        self.assertEqual(browser.role(), "viewer")

    def test_sessions(self):
        master = self.guarded()
        browser = self.browser(master)
        port = browser.address.rpartition(":")[2]
        now = int(time.time())
        for cookie, role in (
            (self.forged("viewer", now + 60), "viewer"),
            (self.forged("operator", now + 60), "operator"),
            (self.forged("viewer", now - 1), 401),
            (self.forged("viewer", now + 60).replace("viewer", "operator"), 401),
            (self.forged("viewer", now + 60)[:-1], 401),
            (self.tokens["operator"], 401),
        ):
            self.assertEqual(browser.role(Cookie=f"fedasio-{port}={cookie}"), role)
        browser.cookie = f"fedasio-{port}=" + self.forged("viewer", now + 3)
        wire, status = browser.stream()
        self.assertEqual(status, 101)
        self.assertEqual(close_code(wire), 4401)
        wire.close()
        self.assertEqual(browser.role(), 401)

    def test_a_restart_keeps_them(self):
        master = self.guarded("--state-dir", self.folder / "state")
        before = self.tokens
        self.assertEqual(self.tokens_file.stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.folder / "state").stat().st_mode & 0o777, 0o700)
        master.signal(signal.SIGTERM)
        master.wait_exit()
        self.guarded("--state-dir", self.folder / "state")
        self.assertEqual(self.tokens, before)
        self.assertNotEqual(before["viewer"], before["operator"])
        self.tokens_file.chmod(0o640)
        code, _, errors = run_program(
            *("fedasio-master", "--plan", self.folder / "plan.json", "--dashboard-tokens", self.tokens_file),
            *("--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0", "--state-dir", self.folder / "other"),
        )
        self.assertEqual(code, 1)
        self.assertIn("can be read by others", errors)

    def test_wrong_ones_are_rate_limited_and_told(self):
        master = self.guarded()
        browser = self.browser(master)
        statuses = [browser.role(Authorization=f"Bearer {number}") for number in range(11)]
        self.assertEqual(statuses, [401] * 10 + [429])
        refused = browser.get("/?token=nonsense")
        self.assertEqual(refused.status, 429)
        self.assertLessEqual(int(refused.headers["Retry-After"]), 10)
        told = self.audit(master, 12)
        self.assertEqual([e["status"] for e in told], [401] * 10 + [429] * 2)
        for entry in told:
            self.assertEqual((entry["action"], entry["role"]), ("login", None))
            self.assertTrue(entry["address"].startswith("127.0.0.1:"))

    def test_the_command_line(self):
        master = self.guarded()

        def fedasio(url, *arguments, token=""):
            options = ("--token", token) if token else ()
            return run_program("fedasio", "--master", url, *options, *arguments)

        self.assertIn("needs a token", fedasio(master.dashboard, "status")[2])
        self.assertEqual(fedasio(self.urls["viewer"], "status")[0], 0)
        self.assertEqual(fedasio(master.dashboard, "status", token=self.tokens["viewer"])[0], 0)
        code, _, errors = fedasio(self.urls["viewer"], "train")
        self.assertEqual(code, 1)
        self.assertIn("as a viewer", errors)
        code, _, errors = fedasio(master.dashboard, "watch")
        self.assertEqual(code, 1)
        self.assertIn("--token", errors)
        self.worker(master, "worker-1")
        master.wait_log("worker_joined", "worker-1")
        watching = self.program(
            *(BIN / "fedasio", "--master", master.dashboard, "watch"),
            environment={"FEDASIO_TOKEN": self.tokens["viewer"]},
        )
        watching.wait_line("stdout", "plan")
        self.assertEqual(fedasio(self.urls["operator"], "train")[0], 0)
        self.assertEqual(watching.wait_exit(), 0, watching.text())

    def test_the_log_and_the_state_do_not_hold_them(self):
        master = self.guarded("--state-dir", self.folder / "state")
        browser = self.logged_in(master, "operator")
        browser.command(PAUSE)
        browser.get("/?token=nonsense")
        self.audit(master, 3)
        master.signal(signal.SIGTERM)
        master.wait_exit()
        written = master.text().encode()
        for file in (self.folder / "state").rglob("*"):
            written += file.read_bytes() if file.is_file() else b""
        for token in (*self.tokens.values(), "nonsense"):
            self.assertNotIn(token.encode(), written)


class AuditLog(Access):
    def test_what_it_says(self):
        master = self.guarded()
        operator = self.logged_in(master, "operator")
        viewer = self.logged_in(master, "viewer")
        operator.command(PAUSE)
        operator.command({"command": "dance"})
        viewer.command(PAUSE)
        operator.command(PAUSE, EVIL)
        self.browser(master).command(PAUSE)
        self.browser(master).command(PAUSE, {"Authorization": "Bearer " + self.tokens["operator"]})
        told = self.audit(master, 8)
        self.assertEqual(
            [(e["action"], e["role"], e["status"]) for e in told],
            [
                ("login", "operator", 303),
                ("login", "viewer", 303),
                ("command", "operator", 409),
                ("command", "operator", 400),
                ("command", "viewer", 403),
                ("refused", "operator", 403),
                ("refused", None, 401),
                ("command", "operator", 409),
            ],
        )
        first, second, paused = told[:3]
        self.assertNotEqual(first["session"], second["session"])
        self.assertEqual(paused["session"], first["session"])
        self.assertEqual(json.loads(paused["what"]), PAUSE)
        self.assertIs(paused["answer"]["accepted"], False)
        self.assertEqual(told[5]["session"], first["session"])
        self.assertEqual(told[7]["session"], "token")
        self.assertRegex(paused["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual((self.folder / "state" / "audit.log").stat().st_mode & 0o777, 0o600)

    def test_on_loopback_too(self):
        master = self.master(self.plan())
        master.refused("pause")
        (entry,) = self.audit(master, 1)
        self.assertEqual((entry["action"], entry["role"], entry["session"]), ("command", "operator", ""))

    def test_it_may_be_moved_and_a_full_disk_ends_nothing(self):
        master = self.master(self.plan())
        file = self.folder / "state" / "audit.log"
        file.symlink_to("/dev/full")
        master.refused("pause")
        master.wait_log("notice", "the audit log cannot be written")
        file.unlink()
        master.refused("resume")
        told = self.audit(master, 2)
        self.assertEqual([json.loads(e["what"])["command"] for e in told], ["pause", "resume"])
        master.wait_log("notice", "the audit log is written again")
        file.rename(self.folder / "audit-1")
        master.refused("pause")
        self.assertEqual(len(self.audit(master, 1)), 1)

    def test_commands_are_rate_limited(self):
        master = self.master(self.plan())
        answers = [master.post(PAUSE) for _ in range(60)]
        refused = [body["reason"] for status, body in answers if status == 429]
        self.assertGreater(len(refused), 0)
        self.assertIn("too many commands", refused[0])
        self.assertEqual({status for status, _ in answers[:30]}, {409})


class OtherPages(Access):
    def test_they_can_do_nothing(self):
        master = self.master(self.plan())
        browser = self.browser(master)
        own = {"Origin": master.dashboard}
        self.assertEqual(browser.command(PAUSE, own).status, 409)
        for headers in EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}:
            self.assertEqual(browser.command(PAUSE, headers).status, 403, headers)
        form = {"Content-Type": "text/plain"}
        self.assertEqual(browser.ask("POST", "/api/v1/commands", json.dumps(PAUSE), form).status, 415)
        for name in "evil.example", f"evil.example:{browser.address.rpartition(':')[2]}", "127.0.0.1.evil.example":
            self.assertEqual(browser.get("/api/v1/status", Host=name).status, 403)
            self.assertEqual(browser.command(PAUSE, {"Host": name}).status, 403)

    def test_headers(self):
        master = self.guarded()
        viewer = self.logged_in(master, "viewer")
        stranger = self.browser(master)
        for browser, path in (viewer, "/"), (viewer, "/api/v1/status"), (stranger, "/"), (stranger, "/metrics"):
            headers = browser.get(path).headers
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertNotIn("unsafe", headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-origin")
            self.assertEqual(headers["Cross-Origin-Opener-Policy"], "same-origin")
            self.assertIn(headers["Referrer-Policy"], ("no-referrer", "same-origin"))
            self.assertIsNone(headers["Access-Control-Allow-Origin"])
            self.assertIn(headers["Cache-Control"], ("no-store", "no-cache"))


class Open(Access):
    """On an address that other machines reach."""

    def setUp(self):
        super().setUp()
        for arguments in (("init", "pki"), ("issue", "pki", "master", "127.0.0.1", "localhost", "master.example")):
            code, _, errors = run_program("fedasio", "pki", *arguments, directory=self.folder)
            self.assertEqual((code, errors), (0, ""))
        self.authority = self.folder / "pki" / "ca.pem"
        self.kit = self.folder / "pki" / "kits" / "127.0.0.1"
        self.context = ssl.create_default_context(cafile=self.authority)

    def test_needs_https(self):
        plan = self.write_plan(self.plan())
        case = ("fedasio-master", "--plan", plan, "--listen", "127.0.0.1:0", "--dashboard", "0.0.0.0:0")
        for more in (), ("--key-file", self.folder / "key"):
            code, output, errors = run_program(*case, *more, directory=self.folder)
            self.assertEqual((code, output), (1, ""), errors)
            for way in "--tls", "--dashboard-tls", "--insecure":
                self.assertIn(way, errors)

    def test_insecure_has_tokens_and_says_so(self):
        master = self.master(self.plan(), "--insecure", dashboard="0.0.0.0:0")
        url = master.wait_line("stdout", "viewer ").split(" ", 1)[1]
        self.assertTrue(url.startswith("http://"))
        master.wait_log("notice", "is not encrypted")
        port = master.dashboard.rpartition(":")[2]
        browser = Browser(f"127.0.0.1:{port}")
        self.assertEqual(browser.role(), 401)
        self.assertEqual(browser.get("/?" + url.partition("?")[2]).status, 303)
        self.assertEqual(browser.role(), "viewer")
        file = self.folder / "state" / "dashboard-tokens"
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_https_by_the_workers_kit(self):
        master = self.master(self.plan(), "--tls", self.kit, dashboard="0.0.0.0:0")
        self.assertTrue(master.dashboard.startswith("https://127.0.0.1:"), master.dashboard)
        token = master.wait_line("stdout", "operator ").partition("?token=")[2]
        browser = self.browser(master, self.context)
        page = browser.get("/?token=" + token)
        cookie = page.headers["Set-Cookie"]
        for part in "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/":
            self.assertIn(part, cookie)
        self.assertTrue(cookie.startswith("__Host-fedasio-"))
        self.assertEqual(browser.role(), "operator")
        port = browser.address.rpartition(":")[2]
        origin = {"Origin": f"https://127.0.0.1:{port}"}
        self.assertEqual(browser.command(PAUSE, origin).status, 409)
        self.assertEqual(browser.command(PAUSE, {"Origin": f"http://127.0.0.1:{port}"}).status, 403)
        for name, status in (
            ("master.example", 200),
            (f"localhost:{port}", 200),
            (f"MASTER.example:{port}", 200),
            ("evil.example", 403),
            ("0.0.0.0", 403),
            ("192.0.2.1", 403),
        ):
            self.assertEqual(browser.get("/api/v1/status", Host=name).status, status, name)
        self.assertEqual(stream_status(browser), 101)
        self.worker(master, "worker-1", "--tls", self.issued_worker("worker-1"))
        master.wait_log("worker_joined", "worker-1")
        with_authority = ("--ca", self.authority)
        url = f"https://127.0.0.1:{port}/?token={token}"
        code, _, errors = run_program("fedasio", "--master", url, *with_authority, "train")
        self.assertEqual((code, errors), (0, ""))
        code, output, errors = run_program("fedasio", "--master", url, *with_authority, "watch")
        self.assertEqual((code, errors), (0, ""), output)
        code, _, errors = run_program("fedasio", "--master", url, "status")
        self.assertEqual(code, 1)
        self.assertIn("--ca", errors)
        self.assertNotIn(token, errors)

    def issued_worker(self, name):
        run_program("fedasio", "pki", "issue", "pki", "worker", name, directory=self.folder)
        return self.folder / "pki" / "kits" / name

    def test_only_tls_1_3_and_the_right_authority(self):
        master = self.guarded("--dashboard-tls", self.kit)
        self.assertTrue(master.dashboard.startswith("https://"))
        self.assertEqual(self.browser(master, self.context).get("/healthz").status, 200)
        old = ssl.create_default_context(cafile=self.authority)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        for context in old, ssl.create_default_context():
            with self.assertRaises(ssl.SSLError):
                self.browser(master, context).get("/healthz")
        self.assertEqual(self.browser(master).get("/healthz").status, 400)
        self.assertEqual(self.browser(master, self.context).get("/healthz").status, 200)

    def test_names_that_it_is_told(self):
        master = self.master(
            self.plan(),
            *("--insecure", "--dashboard-name", "one.example", "--dashboard-name", "two.example"),
            dashboard="0.0.0.0:0",
        )
        port = master.dashboard.rpartition(":")[2]
        self.assertEqual(master.dashboard, f"http://one.example:{port}")
        browser = Browser(f"127.0.0.1:{port}")
        for name, status in ("one.example", 200), ("two.example:9", 200), ("three.example", 403):
            self.assertEqual(browser.get("/healthz", Host=name).status, status, name)

    def test_strangers_are_bounded(self):
        master = self.guarded("--dashboard-tls", self.kit)
        host, _, port = self.browser(master).address.rpartition(":")
        silent = [socket.create_connection((host, int(port)), 60) for _ in range(256)]
        self.addCleanup(lambda: [peer.close() for peer in silent])
        with socket.create_connection((host, int(port)), 60) as one_more:
            self.assertEqual(one_more.recv(1), b"")
        began = time.monotonic()
        for peer in silent:
            try:
                self.assertEqual(peer.recv(1), b"")
            except ConnectionResetError:
                pass
        self.assertLess(time.monotonic() - began, 30)
        poll(lambda: self.answers(master), "the dashboard to answer again")

    def answers(self, master):
        try:
            return self.browser(master, self.context).get("/healthz").status == 200
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
