"""Runs clang-tidy-19 (.clang-tidy) over the .cpp files of src, and thereby over their headers.

    python3 test/lint/tidy.py COMPILE_COMMANDS_DIR [--seconds N] [FILE...]     every file of src, or those given

COMPILE_COMMANDS_DIR is what compile_commands.py wrote. The files that changed last come first; after N seconds no other
is begun, and how many were left out is said. Exits 1 on any finding.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True  # the work tree stays clean
sys.path.insert(0, HERE)
import lint

ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = "clang-tidy-19"

# Nothing of ours stands in them but includes.
SKIPPED = {"src/async/asio_impl.cpp", "src/async/asio_ssl_impl.cpp", "src/async/beast_impl.cpp"}

# The path-sensitive analyzer does not follow coroutines: it calls Asio's awaitable uninitialized at every co_await.
ANALYZED = ("src/base/", "src/wire/")


def look(folder, path, until):
    """(path, exit status or None when it was not begun, output, seconds)"""
    began = time.monotonic()
    if began > until:
        return path, None, "", 0.0
    options = [] if path.startswith(ANALYZED) else ["--checks=-clang-analyzer-*"]
    try:
        answer = subprocess.run(
            [TOOL, "--quiet", "-p", folder, *options, os.path.join(ROOT, path)], capture_output=True, text=True, timeout=600, check=False)
    except FileNotFoundError:
        return path, 1, f"{TOOL} is not there (bash conf/install check)", 0.0
    except subprocess.TimeoutExpired:
        return path, 1, f"{TOOL} did not end", 600.0
    return path, answer.returncode, answer.stdout, time.monotonic() - began


def newest_first(paths):
    """Ordered by the commit that changed them last; what git does not know comes first."""
    try:
        log = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", ROOT, "log", "--format=", "--name-only", "-n", "1000"],
            capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        log = []
    rank = {}
    for number, name in enumerate(log):
        rank.setdefault(name, number)
    return sorted(paths, key=lambda p: (rank.get(p, -1), p))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seconds", type=int, default=86400)
    given = parser.parse_intermixed_args()
    with open(os.path.join(given.folder, "compile_commands.json"), encoding="utf-8") as f:
        known = {os.path.relpath(os.path.join(e["directory"], e["file"]), ROOT) for e in json.load(f)}
    if given.files:
        paths = [os.path.relpath(p, ROOT) for p in given.files]
    else:
        paths = [p for p in lint.Tree(ROOT).files("src") if p.endswith(".cpp") and p in known and p not in SKIPPED]
    paths = newest_first(paths)
    until = time.monotonic() + given.seconds

    failures = left_out = 0
    slowest = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, status, output, seconds in pool.map(lambda p: look(given.folder, p, until), paths):
            slowest.append((seconds, path))
            if status is None:
                left_out += 1
            elif status != 0:
                failures += 1
                print(f"{path}:\n{output}")
    slowest.sort(reverse=True)
    print(f"{len(paths) - left_out} files looked at, {failures} with findings, {left_out} left out for lack of time; "
          "slowest: " + ", ".join(f"{p} {s:.0f} s" for s, p in slowest[:3]))
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
