#!/usr/bin/env python3
"""How well `isobar rank` finds the nodes that recorded faults began at, on data kept outside of this repository.

usage: rank.py ISOBAR FOLDER

FOLDER holds petshop.tar.zst, petshop_cases.py and score_rank.py. The archive is unpacked into a temporary
folder, and the scorer compares the rankings with the truth, which `isobar` never sees. Healthy periods
should have no causes.

Exits with 1 when a figure misses its goal, or when two runs differ.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

GOALS = {"top1": 0.75, "top3": 0.875, "specificity": 0.80}


def unpack(archive, into):
    into.mkdir()
    with subprocess.Popen(["zstd", "-dcq", archive], stdout=subprocess.PIPE) as unpacking:
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
            tar.extractall(into, filter="data")
    if unpacking.returncode != 0:
        sys.exit(f"zstd could not unpack {archive}: exit code {unpacking.returncode}")


def python(*arguments):
    done = subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def scenarios_of(folder):
    """The archive may hold the scenarios in a folder of its own."""
    found = sorted(folder.rglob("noissue"))
    if not found:
        sys.exit(f"the archive holds no scenario: no folder noissue below {folder}")
    return found[0].parents[1]


def ranked(isobar, cases, output):
    subprocess.run([isobar, "rank", "--input", cases, "--output", output], check=True)
    return output.read_bytes()


def main(isobar, data):
    if shutil.which("zstd") is None:
        sys.exit("the tool zstd is missing: install it, the archive is packed with it")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        unpack(data / "petshop.tar.zst", work / "raw")
        cases, truth = work / "cases", work / "truth.json"
        print(python(data / "petshop_cases.py", scenarios_of(work / "raw"), cases, truth), end="")
        first = ranked(isobar, cases, work / "first.ndjson")
        if ranked(isobar, cases, work / "second.ndjson") != first:
            sys.exit("two runs over the same cases differ")
        scores = python(data / "score_rank.py", truth, work / "first.ndjson")
    print(scores, end="")
    figures = dict(re.findall(r"^(\w+) ([0-9.]+)", scores, re.MULTILINE))
    missed = [f"{name} {figures[name]} < {goal}" for name, goal in GOALS.items() if float(figures[name]) < goal]
    if missed:
        sys.exit("missed: " + ", ".join(missed))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
