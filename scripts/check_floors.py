#!/usr/bin/env python3
"""Refuses an include that points upward: each floor knows only the floors below it (docs/architecture.md)."""

import pathlib
import re
import subprocess
import sys

# From the ground up; those of a line do not know each other.
FLOORS = [
    ["build_info", "random", "text"],
    ["nn", "data", "net", "pki"],
    ["store", "learning"],
    ["method"],
    ["plan"],
    ["wire"],
    ["trainers"],
    ["master", "worker"],
    ["simulation", "history"],
    ["dashboard"],
    ["services"],
]
LEVEL = {floor: level for level, floors in enumerate(FLOORS) for floor in floors}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"](?:fedasio/)?(\w+)(?:/|\.hpp)')


def floor_of(path):
    parts = pathlib.PurePath(path).parts
    if parts[0] == "include":
        return parts[2].removesuffix(".hpp")
    return "services" if parts[0] == "services" else parts[1]


def main():
    listed = subprocess.run(
        ["git", "ls-files", "include/*.hpp", "src/*.hpp", "src/*.cpp", "services/*.hpp", "services/*.cpp"],
        check=True, capture_output=True, text=True,
    ).stdout.split()
    wrong = 0
    for path in listed:
        own = floor_of(path)
        if own not in LEVEL:
            print(f"{path}: '{own}' is no floor: name it in {sys.argv[0]}")
            wrong += 1
            continue
        for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            other = found.group(1) if found else own
            if other in LEVEL and other != own and LEVEL[other] >= LEVEL[own]:
                print(f"{path}:{number}: {own} must not know {other}")
                wrong += 1
    if wrong:
        sys.exit(1)
    print("No include points upward.")


main()
