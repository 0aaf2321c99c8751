"""Runs a verb of wxgate-bench for a moment and looks at all it gives: smoke.py PROGRAM VERB. No speed is judged."""

import json
import math
import os
import subprocess
import sys
import tempfile


def run(*arguments, expected=0):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == expected, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def main(program, verb):
    assert f"  {verb} " in run(program, "--help").stdout
    assert "--rounds" in run(program, verb, "--help").stdout
    for wrong in (["--seconds", "0"], ["--rounds", "x"], ["--nonsense"], ["--json", "/nonexistent/a.json"]):
        told = run(program, verb, *wrong, expected=2)
        assert told.stderr.count("\n") == 1 and not told.stdout, f"{wrong}: {told}"

    with tempfile.TemporaryDirectory() as folder:
        found, page = os.path.join(folder, "a.json"), os.path.join(folder, "a.html")
        told = run(program, verb, "--seconds", "0.3", "--rounds", "3", "--json", found, "--report", page).stdout
        with open(found, encoding="utf-8") as f:
            report = json.load(f)
        assert report["verb"] == verb and report["machine"]["cpu"] and report["configuration"]["rounds"] == "3"
        assert report["tables"] and all(len(row) == len(t["columns"]) for t in report["tables"] for row in t["rows"])
        assert report["figures"]
        for name, figure in report["figures"].items():
            assert name.startswith(verb + ".") and math.isfinite(figure["value"]), name
            assert figure["value"] > 0 or figure["unit"] == "blocks", f"{name} is {figure}"
        # Not how fast: that nothing of ours is taken from the heap.
        blocks = [v for v in report["verdicts"] if "blocks" in v["name"]]
        assert blocks and all(v["held"] for v in blocks), blocks
        for v in report["verdicts"]:
            assert v["name"] in told
        with open(page, encoding="utf-8") as f:
            text = f.read()
        assert text.startswith("<!doctype html>") and "<script" not in text
        compared = run(program, "compare", found, found).stdout
        assert "1.00×" in compared and "warning" not in compared, compared


if __name__ == "__main__":
    main(*sys.argv[1:])
