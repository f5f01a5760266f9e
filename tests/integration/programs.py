"""The project's programs as child processes: started, read line by line, and ended by their own pids."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("FEDASIO_BIN", REPOSITORY / "build/release/bin")).resolve()

# Long enough for a busy machine under sanitizers; nothing waits for it unless something is broken.
PATIENCE = 90.0

SIGNS_OF_A_CRASH = (
    "Sanitizer",
    "runtime error:",
    "terminate called",
    "libc++abi",
    "Assertion `",
)


def poll(condition, what, patience=PATIENCE):
    """Asks until `condition` gives something true, which is returned."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(0.01)


def children_of(pid):
    """The pids of the processes whose parent is `pid`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == pid:
            found.append(int(entry))
    return found


def is_alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        stat = pathlib.Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def resident_bytes(pid):
    pages = int(pathlib.Path("/proc", str(pid), "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def is_sanitized(pid):
    """AddressSanitizer reserves terabytes of addresses, and its memory tells nothing about a leak."""
    pages = int(pathlib.Path("/proc", str(pid), "statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGESIZE") > 1 << 40


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Program:
    """One running program. Its lines are collected in threads, and can be waited for."""

    def __init__(self, arguments, directory, environment=None, **streams):
        self.arguments = [str(argument) for argument in arguments]
        self.name = pathlib.Path(self.arguments[0]).name
        self.expects_signal = False
        self.offspring = []
        self.lines = {"stdout": [], "stderr": []}
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            self.arguments,
            cwd=directory,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **streams,
            },
        )
        self._readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True)
            for name in self.lines
            if getattr(self._process, name) is not None
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self):
        return self._process.pid

    @property
    def exit_code(self):
        return self._process.poll()

    def _read(self, name):
        for line in getattr(self._process, name):
            with self._news:
                self.lines[name].append(line.rstrip("\n"))
                self._news.notify_all()

    def text(self, name="stderr"):
        with self._news:
            return "\n".join(self.lines[name])

    def log(self, event=None):
        """The objects of a log written with --log-format json, of one type of event or all."""
        with self._news:
            lines = list(self.lines["stderr"])
        objects = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in objects if event in (None, entry["event"])]

    def wait_line(self, name, text):
        """The first line of that stream that holds `text`."""
        return self._wait(lambda: next((line for line in self.lines[name] if text in line), None), text)

    def wait_log(self, event, text="", count=1):
        """The log's entry number `count` of this type that holds `text`."""

        def find():
            hits = [entry for entry in self.log(event) if text in entry["text"]]
            return hits[count - 1] if len(hits) >= count else None

        return self._wait(find, f"{event} {text}")

    def _wait(self, find, what):
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while True:
                found = find()
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                over = not any(reader.is_alive() for reader in self._readers)
                if left <= 0 or over:
                    raise AssertionError(f"{self.name} did not say '{what}'; it said:\n{self.text()[-4000:]}")
                self._news.wait(min(left, 0.5))

    def signal(self, number):
        self.expects_signal = self.expects_signal or number == signal.SIGKILL
        self._process.send_signal(number)

    def freeze(self):
        """Stops the process and waits until it is stopped."""
        self.signal(signal.SIGSTOP)
        stat = pathlib.Path("/proc", str(self.pid), "stat")
        poll(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the process to stop")

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait_exit()

    def wait_exit(self):
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end; it said:\n{self.text()[-4000:]}") from None
        for reader in self._readers:
            reader.join(5)
        return self._process.returncode

    def end(self):
        """Ends the program whatever its state; returns what was wrong with it, if anything."""
        troubles = []
        self.offspring += children_of(self.pid)
        if self.exit_code is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                troubles.append("did not end on SIGTERM")
                self._process.kill()
                self._process.wait()
        for reader in self._readers:
            reader.join(10)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None and not any(reader.is_alive() for reader in self._readers):
                stream.close()
        if self._process.returncode < 0 and not self.expects_signal:
            troubles.append(f"died of signal {-self._process.returncode}")
        troubles += [f"wrote '{sign}'" for sign in SIGNS_OF_A_CRASH if sign in self.text()]
        for pid in self.offspring:
            try:
                poll(lambda pid=pid: not is_alive(pid), "a spawned worker to end", 15)
            except AssertionError:
                troubles.append(f"left the process {pid}")
                os.kill(pid, signal.SIGKILL)
        return [f"{self.name} (pid {self.pid}) {trouble}:\n{self.text()[-6000:]}" for trouble in troubles]


def run_program(*arguments, directory=None):
    """Runs a program that ends by itself; gives its exit code, output and errors."""
    done = subprocess.run(
        [BIN / arguments[0], *[str(argument) for argument in arguments[1:]]],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
