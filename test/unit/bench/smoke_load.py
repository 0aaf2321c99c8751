"""Runs a load verb of wxgate-bench with tiny counts and looks at what it gives: smoke_load.py PROGRAM CASE.

No speed is judged: that everything was answered, that the money is right, and that what is written can be read.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile


def run(*arguments, expected=0):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == expected, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def refused(program, *arguments):
    told = run(program, *arguments, expected=2)
    assert told.stderr.count("\n") == 1 and not told.stdout, f"{arguments}: {told}"


class Run:
    """A run of a verb in a folder of its own: what it found, as JSON."""

    def __init__(self, program, folder, verb, *arguments):
        found, page = os.path.join(folder, "a.json"), os.path.join(folder, "a.html")
        if verb != "preload":
            arguments += ("--dir", folder)
        self.told = run(program, verb, *arguments, "--json", found, "--report", page).stdout
        with open(found, encoding="utf-8") as f:
            self.report = json.load(f)
        assert self.report["verb"] == verb
        for t in self.report["tables"]:
            assert all(len(row) == len(t["columns"]) for row in t["rows"]), t["title"]
        with open(page, encoding="utf-8") as f:
            assert f.read().startswith("<!doctype html>")

    def figure(self, name):
        return self.report["figures"][name]["value"]

    def demand_held(self, name):
        verdict = [v for v in self.report["verdicts"] if v["name"] == name]
        assert len(verdict) == 1 and verdict[0]["held"], f"{name}: {verdict}\n{self.told}"

    def demand_money(self):
        self.demand_held("money.difference")
        assert self.figure("money.payments") > 0
        sides = next(t["rows"] for t in self.report["tables"] if t["title"] == "money")
        assert len(sides) == 3 and sides[0][1:] == sides[1][1:] == sides[2][1:], sides


def preload(program, folder):
    store = os.path.join(folder, "past.db")
    refused(program, "preload")
    refused(program, "preload", "--store", store, "--orders", "0")
    done = Run(program, folder, "preload", "--store", store, "--orders", "5000", "--days", "30")
    assert done.figure("preload.orders") == 5000 and done.figure("preload.rows") > 20000
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    assert db.execute("SELECT count(*) FROM orders WHERE due_at IS NULL").fetchone() == (5000,)
    db.close()
    # And a gateway runs on it.
    Run(program, folder, "connections", "--store", store, "--count", "20", "--idle", "1").demand_held(
        "connections.lost"
    )


def notify(program, folder):
    refused(program, "notify", "--duplicates", "1.5")
    refused(program, "notify", "--url", "http://127.0.0.1:1", "--key", "k")
    done = Run(program, folder, "notify", "--seconds", "1", "--warmup", "0.2")
    assert done.figure("notify.goodput") > 0 and done.figure("notify.errors") == 0, done.told
    done.demand_money()
    rows = {row[0]: int(row[1]) for t in done.report["tables"] if "became" in t["title"] for row in t["rows"]}
    assert rows["SUCCESS, to a repeated one"] > 0 and rows["400 and FAIL, to a forged one"] > 0, rows
    open_loop = ("--rate", "50", "--arrivals", "poisson", "--sign-type", "MD5")
    done = Run(program, folder, "notify", "--seconds", "1", "--warmup", "0.2", *open_loop)
    assert done.figure("notify.goodput") > 0, done.told
    done.demand_money()


def overload(program, folder):
    done = Run(
        program, folder, "notify", "--overload", "--seconds", "1", "--warmup", "0.2", "--connections", "8",
        "--orders", "40000"
    )
    names = {v["name"] for v in done.report["verdicts"]}
    wanted = {"half.p99.9", "flood.goodput", "flood.unexplained", "after.recovery"}
    assert {"notify." + name for name in wanted} <= names, names
    done.demand_money()


def refund(program, folder):
    refused(program, "refund", "--count", "0")
    for way in ([], ["--approve"]):
        done = Run(program, folder, "refund", "--count", "20", *way)
        assert done.figure("refund.errors") == 0, done.told
        done.demand_money()


def connections(program, folder):
    refused(program, "connections", "--count", "1000000")
    done = Run(program, folder, "connections", "--count", "200", "--idle", "1")
    assert done.figure("connections.count") == 200
    done.demand_held("connections.lost")


def slow(program, folder):
    refused(program, "slow", "--count", "1000000")
    refused(program, "slow", "--deadline", "0.5")
    few = ("--count", "20", "--deadline", "1", "--rounds", "1", "--rate", "50", "--seconds", "2", "--warmup", "0.5")
    done = Run(program, folder, "slow", *few)
    assert done.figure("slow.together") > 0 and done.figure("slow.alone.p99") > 0, done.told
    assert "slow.p99" in {v["name"] for v in done.report["verdicts"]}
    done.demand_held("slow.refused")
    done.demand_held("slow.not_at_deadline")
    kinds = {row[0]: row for t in done.report["tables"] if t["title"].startswith("slow") for row in t["rows"]}
    assert set(kinds) == {"header", "body", "reading", "silent"} and kinds["reading"][6] == "20", kinds
    done.demand_money()


CASES = {f.__name__: f for f in (preload, notify, overload, refund, connections, slow)}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as scratch:
        CASES[sys.argv[2]](sys.argv[1], scratch)
