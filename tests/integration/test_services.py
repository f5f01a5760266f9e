"""What systemd is told (sd_notify), and what the programs say of their own command lines."""

import re
import signal
import socket
import subprocess
import unittest

from federation import Federation
from programs import BIN, PATIENCE, run_program

PROGRAMS = "fedasio", "fedasio-master", "fedasio-worker"


class ServiceManager(Federation):
    def listen(self, name):
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(wire.close)
        wire.bind(name)
        wire.settimeout(PATIENCE)
        return wire

    def wait(self, wire, text):
        """All that came up to a message that holds the text."""
        heard = []
        while not heard or text not in heard[-1]:
            heard.append(wire.recv(65536).decode())
        return heard

    def test_ready_status_and_stopping(self):
        ours = self.listen(str(self.folder / "notify"))
        plan = self.write_plan(self.plan(clients=1))
        arguments = ("--plan", plan, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0", "--autostart")
        master = self.program(
            *(BIN / "fedasio-master", *arguments), environment={"NOTIFY_SOCKET": str(self.folder / "notify")}
        )
        self.wait(ours, "READY=1")
        address = master.wait_line("stdout", "listening ").split(" ", 1)[1]
        # An abstract name, as systemd may use it.
        name = f"\0{self.folder}/worker"
        theirs = self.listen(name)
        worker = self.program(
            *(BIN / "fedasio-worker", "--connect", address, "--name", "w"),
            environment={"NOTIFY_SOCKET": "@" + name[1:]},
        )
        self.wait(theirs, "READY=1")
        self.wait(theirs, "STATUS=")
        self.wait(ours, "STATUS=round 2/2")
        for program, wire in (master, ours), (worker, theirs):
            program.signal(signal.SIGTERM)
            self.wait(wire, "STOPPING=1")
            self.assertEqual(program.wait_exit(), 0)

    def test_nobody_listens(self):
        for name in "", "/", "@", str(self.folder / "nobody"), "x" * 200:
            worker = self.program(
                *(BIN / "fedasio-worker", "--connect", "127.0.0.1:1", "--give-up-after", "0"),
                environment={"NOTIFY_SOCKET": name},
            )
            self.assertEqual(worker.wait_exit(), 1)
            self.assertIn("gave up", worker.text())


class Pages(unittest.TestCase):
    def generated(self, program, kind):
        code, text, errors = run_program(program, "--generate", kind)
        self.assertEqual((code, errors), (0, ""))
        return text

    def test_every_option_is_everywhere(self):
        for program in PROGRAMS:
            shown = run_program(program, "--help")[1]
            names = set(re.findall(r"^ +(?:-\w,)?--([a-z-]+)", shown, re.MULTILINE))
            self.assertGreater(len(names), 4)
            texts = {kind: self.generated(program, kind) for kind in ("man", "bash", "zsh", "fish")}
            for name in names:
                self.assertIn("\\fB\\-\\-" + name.replace("-", "\\-") + "\\fR", texts["man"])
                self.assertIn(f"--{name}", texts["bash"])
                self.assertIn(f"--{name}[", texts["zsh"])
                self.assertIn(f" -l {name} ", texts["fish"])

    def test_manuals(self):
        for program in PROGRAMS:
            text = self.generated(program, "man")
            for part in "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", '"SEE ALSO"':
                self.assertIn(f"\n.SH {part}\n", text)
        manual = self.generated("fedasio", "man")
        self.assertIn('.SS "\\fBpki issue\\fR', manual)
        self.assertIn("\\fB\\-\\-days\\fR", manual)

    def complete(self, program, *words):
        script = f"""{self.generated(program, 'bash')}
COMP_WORDS=({' '.join(f"'{word}'" for word in (program, *words))}); COMP_CWORD={len(words)}
_{program.replace('-', '_')}; printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("fedasio-master", "--dashboard-or"), ["--dashboard-origin"])
        self.assertEqual(set(self.complete("fedasio-worker", "--log-format", "")), {"json", "text"})
        self.assertEqual(self.complete("fedasio-worker", "--name", "x"), [])
        self.assertIn("pki", self.complete("fedasio", "p"))
        self.assertEqual(self.complete("fedasio", "pki", "rev"), ["revoke"])
        self.assertEqual(self.complete("fedasio", "pki", "issue", "--da"), ["--days"])
        self.assertEqual(self.complete("fedasio", "status", "--mas"), ["--master"])
        self.assertNotIn("--days", self.complete("fedasio", "--d"))


if __name__ == "__main__":
    unittest.main()
