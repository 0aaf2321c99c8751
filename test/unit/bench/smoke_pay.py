"""Runs `wxgate-bench pay` for a moment, and looks at what it gives and leaves behind: smoke_pay.py PROGRAM HOW.

No speed is judged, but that payments came to their end, that the money is right, and that nothing stays."""

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time

FEW = ["--warmup", "0.3", "--connections", "8"]
HOW = {
    "closed": [*FEW, "--seconds", "1"],
    "open": [*FEW, "--seconds", "1", "--rate", "50", "--arrivals", "poisson", "--sign-type", "MD5"],
    "vs_floor": [*FEW, "--seconds", "1", "--vs-floor", "--rounds", "1"],
    "interrupted": [*FEW, "--seconds", "600"],
}


def start(program, arguments, folder):
    return subprocess.Popen(
        [program, "pay", *arguments, "--dir", folder, "--json", os.path.join(folder, "found.json"),
         "--report", os.path.join(folder, "page.html")],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def look(report, told, how):
    figures = {name: f["value"] for name, f in report["figures"].items()}
    verdicts = {v["name"]: v for v in report["verdicts"]}
    assert verdicts["money.difference"]["held"], told
    assert figures["money.payments"] > 0, told
    assert all(math.isfinite(v) for v in figures.values()), figures
    assert not any(w.startswith(("errors", "money", "webhooks")) for w in report["warnings"]), report["warnings"]
    if how == "vs_floor":
        assert {"vs_floor.throughput", "vs_floor.cpu", "vs_floor.p99_at_half"} <= verdicts.keys()
        assert figures["gateway.throughput"] > 0 and figures["floor.throughput"] > 0
        assert figures["gateway.cpu"] > 0 and figures["floor.cpu"] > 0
        return
    assert figures["pay.throughput"] > 0 and figures["pay.errors"] == 0
    assert figures["pay.cpu.gateway"] > 0 and figures["pay.store.batches"] > 0
    assert report["distributions"], report.keys()


def main(program, how):
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
        running = start(program, HOW[how], folder)
        if how == "interrupted":
            seen = ""
            while "under way" not in seen:  # a line of progress: the load has begun
                seen = running.stderr.readline()
                assert seen, running.communicate()
            running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, err = running.communicate(timeout=150)
        assert running.returncode == 0, f"exit {running.returncode}\n{out}\n{err}"
        left = set(os.listdir(folder)) - {"found.json", "page.html"}
        assert not left, f"left behind: {left}"
        with open(os.path.join(folder, "found.json"), encoding="utf-8") as f:
            report = json.load(f)
        if how == "interrupted":
            assert time.monotonic() - began < 60
            assert any(w.startswith("interrupted") for w in report["warnings"]), report["warnings"]
        else:
            look(report, out + err, how)


if __name__ == "__main__":
    main(*sys.argv[1:])
