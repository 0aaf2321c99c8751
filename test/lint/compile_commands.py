"""Makes g++'s compile_commands.json fit for clang's tools.

    python3 test/lint/compile_commands.py BUILD_DIR OUT_DIR

Writes OUT_DIR/compile_commands.json: without the compiler's launcher, g++'s precompiled header (clang cannot read it),
and the warning flags (g++'s own; the build has them already).
"""

import json
import os
import re
import shlex
import sys

COMPILER = re.compile(r"(^|/)(g\+\+|c\+\+|clang\+\+)(-\d+)?$")


def cleaned(arguments):
    start = next(i for i, a in enumerate(arguments) if COMPILER.search(a))
    out = ["clang++"]
    rest = iter(arguments[start + 1:])
    for a in rest:
        if a == "-include":
            name = next(rest)
            if "cmake_pch" not in name:
                out += [a, name]
        elif a == "-o":
            next(rest)
        elif a == "-c" or a.startswith("-W") and not a.startswith("-Wl,") or a == "-fpch-preprocess" or a.startswith("-fsanitize"):
            pass
        else:
            out.append(a)
    return out


def load(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    result = []
    for entry in entries:
        if "cmake_pch" in entry["file"]:
            continue
        arguments = entry.get("arguments") or shlex.split(entry["command"])
        result.append({"directory": entry["directory"], "file": entry["file"], "arguments": cleaned(arguments)})
    return result


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    entries = load(arguments[0])
    os.makedirs(arguments[1], exist_ok=True)
    with open(os.path.join(arguments[1], "compile_commands.json"), "w", encoding="utf-8") as f:
        json.dump(entries, f, indent=1)
    print(f"{len(entries)} commands")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
