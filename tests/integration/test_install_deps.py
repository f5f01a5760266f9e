"""scripts/install-deps.sh against a package manager that only tells what it is asked."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from programs import REPOSITORY

# Each is a shell script; `asked` collects how apt-get was called.
TOOLS = {
    "dpkg-query": 'grep -qx "${@: -1}" "$FAKE/installed" && printf installed',
    "apt-get": """echo "$*" >> "$FAKE/asked"
case "$1 $2" in
  "install -s") cat "$FAKE/would" ;;
  "download -q") shift 2; for name; do touch "$name.deb"; done ;;
esac""",
    "dpkg-deb": 'mkdir -p "$3/usr/include/boost" && touch "$3/usr/include/boost/version.hpp"',
    "sudo": 'exec "$@"',
}
BOOST = [f"libboost{part}1.81-dev" for part in ("", "-container", "-json", "-system", "-test")]


class InstallDeps(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fedasio-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        (self.folder / "scripts").mkdir()
        self.script = shutil.copy(REPOSITORY / "scripts" / "install-deps.sh", self.folder / "scripts")
        self.boost = self.folder / "build" / "deps" / "usr" / "include" / "boost" / "version.hpp"
        (self.folder / "bin").mkdir()
        for name, text in TOOLS.items():
            tool = self.folder / "bin" / name
            tool.write_text("#!/bin/bash\n" + text + "\n")
            tool.chmod(0o755)
        self.say()

    def say(self, installed=(), would=""):
        """What the package manager knows."""
        (self.folder / "installed").write_text("".join(name + "\n" for name in installed))
        (self.folder / "would").write_text(would)
        (self.folder / "asked").write_text("")

    def run_script(self, *options):
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", self.script, *options],
            env={**os.environ, "PATH": path, "FAKE": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        asked = (self.folder / "asked").read_text().splitlines()
        return done.returncode, done.stdout + done.stderr, asked

    def wanted(self):
        """All that the script would install."""
        self.say()
        install = next(line for line in self.run_script()[2] if line.startswith("install -q"))
        return [word for word in install.split()[1:] if not word.startswith("-")]

    def test_nothing_is_removed(self):
        self.say(would="Remv python3-scipy [1.10.1-2] []\nRemv libboost-dev [1.74.0.3]\nInst clang-19 (x)\n")
        code, text, asked = self.run_script()
        self.assertEqual(code, 1)
        for part in "  python3-scipy\n", "  libboost-dev\n", "Containerfile":
            self.assertIn(part, text)
        self.assertEqual([line.split()[:2] for line in asked], [["update", "-q"], ["install", "-s"]])
        self.assertFalse(self.boost.exists())

    def test_boost_conflicts_with_nobody(self):
        code, text, asked = self.run_script()
        self.assertEqual(code, 0, text)
        install = next(line for line in asked if line.startswith("install -q"))
        self.assertIn("--no-remove", install)
        self.assertFalse(set(BOOST) & set(install.split()))
        self.assertTrue(self.boost.exists())
        self.assertEqual([p.name for p in (self.folder / "build").iterdir()], ["deps"])

    def test_again_it_asks_nobody(self):
        wanted = self.wanted()
        self.say(installed=wanted)
        self.assertEqual(self.run_script()[::2], (0, []))

    def test_a_boost_of_the_system_will_do(self):
        wanted = self.wanted()
        shutil.rmtree(self.folder / "build")
        self.say(installed=wanted + BOOST)
        self.assertEqual(self.run_script()[::2], (0, []))
        self.assertFalse(self.boost.exists())
        self.say(installed=wanted + BOOST[1:])
        code, _, asked = self.run_script()
        self.assertEqual(code, 0)
        self.assertEqual([line.split()[0] for line in asked], ["update", "download"])


if __name__ == "__main__":
    unittest.main()
