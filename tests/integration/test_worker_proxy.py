"""Workers that reach their master through an HTTP proxy only."""

import signal
import unittest

from connect_proxy import ConnectProxy
from federation import Federation
from programs import BIN, run_program

# No resolver knows it, and a certificate's common name could not hold it.
HOST = ".".join(["ward-" + "x" * 57] * 3 + ["y" * 54, "example.a"])
PLACE = HOST + ":7700"
LOGIN = "http://ward:open%20sesame@"
AUTHORIZATION = "Basic d2FyZDpvcGVuIHNlc2FtZQ=="


class WorkerProxy(Federation):
    def setUp(self):
        super().setUp()
        self.assertEqual(len(HOST), 253)
        for arguments in ("init", "pki"), ("issue", "pki", "master", HOST, "--out", "master"), (
            *("issue", "pki", "worker", "ward"),
            *("--out", "ward"),
        ):
            code, _, errors = run_program("fedasio", "pki", *arguments, directory=self.folder)
            self.assertEqual((code, errors), (0, ""))

    def proxy(self, *arguments, **options):
        proxy = ConnectProxy(*arguments, **options)
        self.addCleanup(proxy.close)
        return proxy

    def ward(self, *options, place=PLACE, environment=None):
        clean = {name: "" for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")}
        return self.program(
            *(BIN / "fedasio-worker", "--connect", place, "--tls", "ward", "--log-format", "json"),
            *("--threads", "1", *options),
            environment={**clean, **(environment or {})},
        )

    def secured(self):
        return self.master(self.plan(), "--tls", self.folder / "master", "--exit-when-done", "--autostart")

    def test_all_the_way_to_the_end(self):
        master = self.secured()
        proxy = self.proxy({PLACE: master.worker_address}, authorization=AUTHORIZATION)
        worker = self.ward(environment={"https_proxy": LOGIN + proxy.address})
        self.assertEqual(master.wait_exit(), 0)
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        self.assertEqual(proxy.asked[0][0], f"CONNECT {PLACE} HTTP/1.1")
        self.assertEqual(proxy.asked[0][1]["Host"], PLACE)
        self.assertIn(proxy.address + " (https_proxy)", worker.log("proxy")[0]["text"])
        for secret in "sesame", AUTHORIZATION.split()[1]:
            self.assertNotIn(secret, worker.text())
        # Names and columns of the conversation are hidden from who runs the proxy.
        self.assertNotIn(b'"plan', proxy.relayed)
        self.assertGreater(len(proxy.relayed), 10000)

    def test_which_proxy(self):
        proxy = self.proxy(status=403)
        wrong = "http://127.0.0.1:1"
        for options, environment in (
            (("--proxy", proxy.address), {"https_proxy": wrong}),
            ((), {"HTTPS_PROXY": "http://" + proxy.address, "all_proxy": wrong}),
            ((), {"all_proxy": "http://" + proxy.address + "/"}),
            (("--proxy", proxy.address), {"no_proxy": "*"}),
        ):
            before = len(proxy.asked)
            worker = self.ward("--give-up-after", "0", *options, environment=environment)
            self.assertEqual(worker.wait_exit(), 1)
            self.assertEqual(len(proxy.asked), before + 1, (options, environment, worker.text()))

    def test_none(self):
        master = self.secured()
        address = "%s:%d" % master.worker_address
        proxy = self.proxy(status=403)
        environment = {"https_proxy": "http://" + proxy.address}
        worker = self.ward("--master-name", HOST, place=address, environment=environment)
        self.assertEqual(master.wait_exit(), 0)
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        for options, more in (("--proxy", "none"), {}), ((), {"no_proxy": "example.a"}):
            worker = self.ward("--give-up-after", "0", *options, environment={**environment, **more})
            self.assertEqual(worker.wait_exit(), 1)
            self.assertEqual(proxy.asked, [])

    def test_what_goes_wrong_is_said(self):
        with_name = self.proxy(authorization=AUTHORIZATION)
        for proxy, text in (
            (self.proxy(status=403), "does not allow"),
            (with_name, "name and a password"),
            (self.proxy(), "cannot reach the master (502)"),
            (self.proxy(status=418), "(418)"),
            (self.proxy(answer=b"SSH-2.0-OpenSSH_9.2\r\n"), "no HTTP proxy"),
            (self.proxy(answer=b""), "no HTTP proxy"),
            (self.proxy(answer=b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 4000), "no HTTP proxy"),
        ):
            worker = self.ward("--give-up-after", "1", "--proxy", "http://ward:wrong-secret@" + proxy.address)
            self.assertEqual(worker.wait_exit(), 1)
            self.assertIn(text, worker.log("ended")[0]["text"])
            self.assertNotIn("wrong-secret", worker.text())
        gone = self.proxy()
        gone.close()
        worker = self.ward("--give-up-after", "1", "--proxy", gone.address)
        self.assertEqual(worker.wait_exit(), 1)
        self.assertIn("the proxy itself cannot be reached", worker.text())

    def test_one_that_says_nothing(self):
        silent = self.proxy(is_silent=True)
        worker = self.ward("--proxy", silent.address)
        worker.wait_log("worker", "the proxy does not answer")
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.wait_exit(), 0)

    def test_wrong_usage(self):
        common = ("fedasio-worker", "--connect", PLACE, "--tls", self.folder / "ward")
        for url in "socks5://u:secret@a:1", "https://a:1", "a":
            code, _, errors = run_program(*common, "--proxy", url)
            self.assertEqual(code, 1)
            self.assertIn("--proxy: ", errors)
            self.assertNotIn("secret", errors)
        code, _, errors = run_program("fedasio-worker", "--discover", "--proxy", "a:1")
        self.assertEqual(code, 2, errors)


if __name__ == "__main__":
    unittest.main()
