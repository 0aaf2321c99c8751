"""Looks for the coroutine statements that g++ 12 miscompiles (coroutine_temporaries.query), with clang-query-14.

    python3 test/lint/coroutines.py COMPILE_COMMANDS_DIR [FOLDER...]     FOLDER: src, test/unit, …; src when none is given

COMPILE_COMMANDS_DIR is what compile_commands.py wrote. Every .cpp there that awaits, or includes a header of ours that
does, is looked at, headers included. First the query is shown to find the bad statements below and none of the good
ones. Exits 1 on any match, and when a file does not parse: a file that was not understood was not looked at.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True  # the work tree stays clean
sys.path.insert(0, HERE)
import lint

ROOT = os.path.dirname(os.path.dirname(HERE))
QUERY = os.path.join(HERE, "coroutine_temporaries.query")
TOOL = "clang-query-14"
AWAITS = re.compile(r"\bco_(await|return)\b")

SNIPPETS = r"""
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>
template <class T = void> using task = boost::asio::awaitable<T>;
struct aggregate { std::string a; int b = 0; };
struct made { made(std::string a, int b); std::string a; int b; };
task<std::string> text();
task<bool> yes();
task<> take(aggregate);
task<> take_made(made);
task<> take_text(std::string);
task<> take_list(std::vector<std::string>);
template <class F> task<> run(F f) { f(); co_return; }

task<> bad_aggregate(std::string s) {
    co_await take(aggregate{s, 1}); // bad
}
task<> bad_braces(std::string s) {
    co_await take({s, 1}); // bad
}
task<> bad_lambda(std::string s) {
    co_await run([s] { return s.size(); }); // bad
}
task<> bad_choice(bool c, std::string s) {
    co_await take_text(c ? s : std::string("z")); // bad
}
task<> bad_choice_of_awaited(bool c, std::string s) {
    auto r = (c && co_await yes()) ? s : std::string("z"); // bad
}
task<> bad_list(std::string s) {
    co_await take_list({s, s}); // bad
}
task<> bad_inside_braces() {
    aggregate r{.a = co_await text()}; // bad
}
task<> bad_throw() {
    throw co_await text(); // bad
}
template <class T> task<> bad_template(T s) {
    co_await take(aggregate{s, 1}); // bad
}
task<> uses_template() {
    co_await bad_template(std::string("x"));
}
task<> good(bool c, std::string s) {
    aggregate named{s, 1};
    co_await take(std::move(named));
    co_await take_made(made{s, 1});
    co_await take_text(std::string("z"));
    auto lambda = [s] { return s.size(); };
    co_await run(std::move(lambda));
    co_await run([&] { return s.size(); });
    auto const n = c ? 1 : 2;
    auto r = co_await text() + co_await text();
    if (co_await yes() && n == 1)
        co_return;
    auto p = std::make_unique<std::string>(co_await text());
}
task<aggregate> good_return(std::string s) {
    co_return aggregate{s, 1};
}
"""


def look(entry):
    """(matched places, what went wrong or None) of one translation unit."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump([entry], f)
        try:
            answer = subprocess.run([TOOL, "-p", folder, "-f", QUERY, entry["file"]], capture_output=True, text=True, timeout=300)
        except FileNotFoundError:
            return set(), f"{TOOL} is not there (bash conf/install check)"
        except subprocess.TimeoutExpired:
            return set(), f"{entry['file']}: {TOOL} did not end"
    output = answer.stdout + answer.stderr
    with open(QUERY, encoding="utf-8") as f:
        matchers = sum(line.startswith("m ") for line in f)
    if answer.returncode != 0 or re.search(r"\berror:", output) or len(re.findall(r"^\d+ match(es)?\.$", output, re.M)) != matchers:
        return set(), f"{entry['file']}: {TOOL} did not understand it:\n{output[:4000]}"
    places = re.findall(r'^(/[^\s:]+):(\d+):\d+: note: "root" binds here', output, re.M)
    return {(os.path.normpath(path), int(line)) for path, line in places}, None


def self_test(arguments):
    """Runs the query over the snippets; returns what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "src"))
        path = os.path.join(folder, "src", "snippets.cpp")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SNIPPETS)
        places, wrong = look({"directory": folder, "file": path, "arguments": arguments + [path]})
    if wrong:
        return wrong
    expected = {n for n, line in enumerate(SNIPPETS.splitlines(), 1) if line.endswith("// bad")}
    found = {line for _, line in places}
    if found != expected:
        return f"the query itself is broken: missed lines {sorted(expected - found)}, wrongly found {sorted(found - expected)} of its snippets"
    return None


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def headers_that_await():
    """Our headers that hold coroutines, as they are included."""
    found = []
    for top in ("src", "include"):
        base = os.path.join(ROOT, top)
        for folder, _, names in os.walk(base):
            for name in names:
                if name.endswith(".hpp") and AWAITS.search(lint.code_only(read(os.path.join(folder, name)))):
                    found.append(os.path.relpath(os.path.join(folder, name), base))
    return found


def main(arguments):
    if not arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folders = tuple(os.path.join(ROOT, f) + os.sep for f in (arguments[1:] or ["src"]))
    with open(os.path.join(arguments[0], "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)

    if not entries:
        print("no compile commands")
        return 1
    wrong = self_test(["clang++", "-std=c++20"])
    if wrong:
        print(wrong)
        return 1

    headers = headers_that_await()
    chosen = []
    unseen = set(headers)
    for entry in entries:
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        if not path.startswith(folders) or not os.path.exists(path):
            continue
        text = read(path)
        included = {h for h in headers if re.search(r'#\s*include\s*[<"]' + re.escape(h) + r'[>"]', text)}
        if AWAITS.search(lint.code_only(text)) or included:
            chosen.append(entry)
            unseen -= included

    failures = 0
    places = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, wrong in pool.map(look, chosen):
            places |= found
            if wrong:
                failures += 1
                print(wrong)
    for path, line in sorted(places):
        shown = os.path.relpath(path, ROOT)
        print(f"{shown}:{line}: a temporary beside co_await that g++ 12 miscompiles: {read(path).splitlines()[line - 1].strip()}")
    for header in sorted(unseen):
        failures += 1
        print(f"{header}: no .cpp that was looked at includes it")
    print(f"{len(chosen)} files looked at, {len(places)} statements found")
    return 1 if places or failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
