"""Runs clang-tidy-19 (.clang-tidy) over the .cpp files of src, and thereby over their headers.

    python3 test/lint/tidy.py COMPILE_COMMANDS_DIR [FILE...]     every file of src, or those given

COMPILE_COMMANDS_DIR is what compile_commands.py wrote. Exits 1 on any finding.
"""

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
SKIPPED = {"src/async/asio_impl.cpp"}

# The path-sensitive analyzer does not follow coroutines: it calls Asio's awaitable uninitialized at every co_await.
ANALYZED = ("src/base/", "src/wire/")


def look(folder, path):
    options = [] if path.startswith(ANALYZED) else ["--checks=-clang-analyzer-*"]
    began = time.monotonic()
    try:
        answer = subprocess.run(
            [TOOL, "--quiet", "-p", folder, *options, os.path.join(ROOT, path)], capture_output=True, text=True, timeout=600, check=False)
    except FileNotFoundError:
        return path, 1, f"{TOOL} is not there (bash conf/install check)", 0.0
    except subprocess.TimeoutExpired:
        return path, 1, f"{TOOL} did not end", 600.0
    return path, answer.returncode, answer.stdout, time.monotonic() - began


def main(arguments):
    if not arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = arguments[0]
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as f:
        known = {os.path.relpath(os.path.join(e["directory"], e["file"]), ROOT) for e in json.load(f)}
    if len(arguments) > 1:
        paths = [os.path.relpath(p, ROOT) for p in arguments[1:]]
    else:
        paths = [p for p in lint.Tree(ROOT).files("src") if p.endswith(".cpp") and p in known and p not in SKIPPED]
    paths.sort(key=lambda p: -os.path.getsize(os.path.join(ROOT, p)))  # the long ones first, for an even end

    failures = 0
    slowest = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, status, output, seconds in pool.map(lambda p: look(folder, p), paths):
            slowest.append((seconds, path))
            if status != 0:
                failures += 1
                print(f"{path}:\n{output}")
    slowest.sort(reverse=True)
    print(f"{len(paths)} files looked at, {failures} with findings; slowest: " + ", ".join(f"{p} {s:.0f} s" for s, p in slowest[:3]))
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
