"""The dashboard behind nginx and Apache, as docs/proxy.md configures them and as others might."""

import re
import shutil
import socket
import ssl
import unittest

from programs import REPOSITORY, Program, poll, run_program
from test_dashboard_access import EVIL, PAUSE, Access, Browser, stream_status

MODULES = "mpm_event authz_core proxy proxy_http proxy_wstunnel ssl".split()


def documented(kind):
    """The configuration in docs/proxy.md."""
    text = (REPOSITORY / "docs" / "proxy.md").read_text()
    return re.search(f"```{kind}\n(.*?)```", text, re.DOTALL).group(1)


def free_port():
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return wire.getsockname()[1]


class Proxies(Access):
    def setUp(self):
        super().setUp()
        for arguments in ("init", "pki"), ("issue", "pki", "master", "localhost"):
            code, _, errors = run_program("fedasio", "pki", *arguments, directory=self.folder)
            self.assertEqual((code, errors), (0, ""))
        self.kit = self.folder / "pki" / "kits" / "localhost"
        self.authority = self.folder / "pki" / "ca.pem"
        self.context = ssl.create_default_context(cafile=self.authority)

    def start(self, change, path="/training", kind="nginx"):
        """A master and a proxy with the documented configuration after `change`."""
        port = free_port()
        self.origin = f"https://localhost:{port}"
        self.path = path
        self.master_ = self.guarded("--dashboard-origin", self.origin + path)
        text = change(documented(kind))
        for old, new in (
            ("127.0.0.1:8080", self.master_.dashboard.partition("://")[2]),
            ("/etc/ssl/fl.example.org", str(self.kit)),
            ("fl.example.org", "localhost"),
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("*:443", f"127.0.0.1:{port}"),
        ):
            text = text.replace(old, new)
        (nginx if kind == "nginx" else apache)(self, text, port)

        def listens():
            with socket.socket() as wire:
                return wire.connect_ex(("127.0.0.1", port)) == 0

        poll(listens, f"{kind} to listen")

    def browser(self):
        browser = Browser(self.origin.partition("://")[2], self.context)
        browser.origin = self.origin
        return browser

    def check(self):
        """What a person, a page from elsewhere and a program get through the proxy."""
        path = self.path
        for role in "operator", "viewer":
            self.assertEqual(self.urls[role], f"{self.origin}{path}/?token={self.tokens[role]}")
        browser = self.browser()
        page = browser.get(path + "/")
        self.assertEqual(page.status, 401)
        self.assertIn(f'action="{path}/login"', page.text)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        entered = browser.ask("POST", path + "/login", "token=" + self.tokens["viewer"], form)
        self.assertEqual((entered.status, entered.headers["Location"]), (303, path + "/"))

        browser = self.browser()
        entered = browser.get(path + "/?token=" + self.tokens["operator"])
        self.assertEqual((entered.status, entered.headers["Location"]), (303, path + "/"))
        cookie = entered.headers["Set-Cookie"]
        self.assertIn(f"; Path={path}/;", cookie)
        self.assertTrue(cookie.endswith("; Secure"), cookie)
        page = browser.get(path + "/")
        self.assertEqual(page.status, 200)
        # Whatever the page names is relative, so that it is found below any path.
        for place in re.findall(r'(?:href|src)="([^"]*)"', page.text):
            self.assertFalse(place.startswith("/"), place)
            self.assertEqual(browser.get(f"{path}/{place}").status, 200, place)
        for place in "api/v1/status", "api/v1/rounds", "api/v1/runs", "metrics":
            self.assertEqual(browser.get(f"{path}/{place}").status, 200, place)

        def command(**headers):
            return browser.ask(
                "POST",
                path + "/api/v1/commands",
                '{"command": "pause"}',
                {"Content-Type": "application/json", **headers},
            )

        self.assertEqual(command(Origin=self.origin).status, 409)
        for other in (
            EVIL["Origin"],
            self.origin.replace("https", "http"),
            "https://localhost",
            self.master_.dashboard,
            "null",
        ):
            refused = command(Origin=other)
            self.assertEqual(refused.status, 403, other)
            self.assertIn("--dashboard-origin: " + self.origin, refused.text)
        self.assertEqual(self.stream(browser, self.origin), 101)
        self.assertEqual(self.stream(browser, EVIL["Origin"]), 403)
        browser.get(f"{path}/?token=nonsense", X_Forwarded_For="198.51.100.1, 203.0.113.9")
        poll(self.wrong_tokens, "the wrong token in the audit log")
        self.assertEqual(self.wrong_tokens()[0]["address"], "203.0.113.9")

        with_token = ("--ca", self.authority, "--master", self.urls["viewer"])
        code, output, errors = run_program("fedasio", *with_token, "status")
        self.assertEqual((code, errors), (0, ""), output)

    def wrong_tokens(self):
        return [entry for entry in self.audit(self.master_, 1) if entry["status"] == 401]

    def stream(self, browser, origin):
        browser.origin = origin
        browser.stream_path = self.path + "/api/v1/stream"
        status = stream_status(browser)
        browser.origin = self.origin
        return status


def nginx(case, text, port):
    folder = case.folder / "nginx"
    folder.mkdir()
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{text}}}\n"
    )
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    case.program(program, "-p", folder, "-c", folder / "nginx.conf")


def apache(case, text, port):
    folder = case.folder / "apache"
    folder.mkdir()
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in MODULES)
    (folder / "apache.conf").write_text(
        f"{modules}ServerRoot {folder}\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\nServerName localhost\n"
        f"User www-data\nErrorLog /dev/stderr\nListen 127.0.0.1:{port}\n{text}"
    )
    program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
    case.program(program, "-X", "-d", folder, "-f", folder / "apache.conf")


class Nginx(Proxies):
    def test_as_documented(self):
        self.start(lambda text: text)
        self.check()
        browser = self.browser()
        bare = browser.get("/training?token=x")
        self.assertIn(bare.status, (301, 308))
        self.assertTrue(bare.headers["Location"].endswith("/training/?token=x"), bare.headers["Location"])

    def test_that_leaves_the_path(self):
        self.start(lambda text: text.replace("8080/;", "8080;"))
        self.check()

    def test_at_the_root_with_a_host_of_its_own(self):
        def change(text):
            text = re.sub(r" *proxy_set_header (Host|X-Forwarded-For).*\n", "", text)
            return text.replace("/training/", "/")

        self.start(change, path="")
        self.check()


class Apache(Proxies):
    def test_as_documented(self):
        self.start(lambda text: text, kind="apache")
        self.check()

    def test_that_leaves_the_path_and_upgrades_by_itself(self):
        def change(text):
            text = re.sub(r" *ProxyPass .*stream\n| *ProxyPreserveHost.*\n", "", text)
            return text.replace("8080/\n", "8080/training/ upgrade=websocket\n")

        self.start(change, kind="apache")
        self.check()


class Refusals(Access):
    def test_without_tokens(self):
        plan = self.write_plan(self.plan())
        case = ("fedasio-master", "--plan", plan, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
        code, output, errors = run_program(*case, "--dashboard-origin", "https://a", directory=self.folder)
        self.assertEqual((code, output), (1, ""), errors)
        self.assertIn("--dashboard-tokens", errors)
        for url in "fl.example.org", "https://a/api":
            code, _, errors = run_program(*case, "--dashboard-origin", url, directory=self.folder)
            self.assertEqual(code, 2)
            self.assertIn("https://fl.example.org", errors)

    def test_a_page_from_a_proxy_that_nobody_told_of(self):
        master = self.master(self.plan())
        browser = Browser(master.dashboard.partition("://")[2])
        refused = browser.command(PAUSE, {"Origin": "https://fl.example.org"})
        self.assertEqual(refused.status, 403)
        self.assertIn("--dashboard-origin", refused.text)

    def test_a_name_on_loopback_prints_what_works(self):
        master = self.master(self.plan(), "--dashboard-name", "fl.example.org")
        address = master.dashboard.partition("://")[2]
        self.assertTrue(address.startswith("127.0.0.1:"), address)
        self.assertEqual(Browser(address).get("/api/v1/status").status, 200)
        self.assertEqual(Browser(address).get("/api/v1/status", Host="fl.example.org").status, 200)


class OtherSchemes(Proxies):
    """Plain HTTP to a port of HTTPS, and the other way round."""

    def test_they_are_told(self):
        secure = self.guarded("--dashboard-tls", self.kit)
        address = secure.dashboard.partition("://")[2].replace("127.0.0.1", "localhost")
        answer = Browser(address).get("/")
        self.assertEqual(answer.status, 400)
        self.assertIn("https://", answer.text)
        for command in "status", "watch", "pause":
            for url in address, "http://" + address:
                code, _, errors = run_program("fedasio", "--master", url, command)
                self.assertEqual(code, 1)
                self.assertIn(f"it speaks HTTPS: --master https://{address}", errors)
        code, _, errors = run_program(
            *("fedasio", "--master", f"https://{address}", "--ca", self.authority, "status"),
            *("--token", self.tokens["viewer"]),
        )
        self.assertEqual((code, errors), (0, ""))

    def test_plain_ones_too(self):
        plain = self.master(self.plan())
        address = plain.dashboard.partition("://")[2]
        code, _, errors = run_program("fedasio", "--master", address, "status")
        self.assertEqual((code, errors), (0, ""))
        for command in "status", "watch":
            code, _, errors = run_program("fedasio", "--master", "https://" + address, command)
            self.assertEqual(code, 1)
            self.assertIn(f"it speaks plain HTTP: --master http://{address}", errors)


if __name__ == "__main__":
    unittest.main()
