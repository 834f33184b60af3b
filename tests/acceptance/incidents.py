#!/usr/bin/env python3
"""Which rows `isobar correlate` puts together, beside what is known, on data kept elsewhere.

usage: incidents.py ISOBAR FOLDER WORK

FOLDER holds invictus-stratus and ait-ads, with their scorers. WORK takes the assignments and incidents.

Calls of a cloud, `serial` as they came and `overlap4` in four lanes at once; alerts of four networks in
which an attack runs among thousands of alerts that mean nothing. Each file is correlated twice: the second
run has to give the same bytes. The scorers print their own figures, with bootstrap intervals where they
have them.

Exits with 1 when a goal is missed.
"""

import pathlib
import re
import subprocess
import sys

CALLS = {"serial": (0.93, 0.0), "overlap4": (0.82, 0.78)}
NETWORKS = ["russellmitchell", "santos", "shaw", "wardbeck"]
NETWORKS_F1_MIN, NETWORKS_INCIDENTS_MAX = 0.70, 800


def correlate(binary, events, work, name):
    """Correlates twice; gives the assignments."""
    runs = [work / f"{name}.1", work / f"{name}.2"]
    for run in runs:
        rows, incidents = f"{run}.tsv", f"{run}.ndjson"
        command = [binary, "correlate", "--input", events, "--assignments", rows, "--output", incidents]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    for kind in ["tsv", "ndjson"]:
        one, other = (strip(pathlib.Path(f"{run}.{kind}")) for run in runs)
        assert one == other, f"two runs over {name} differ"
    return f"{runs[0]}.tsv"


def strip(path):
    """What a run wrote, without the time at which it ran."""
    return re.sub(r'"arrivaltime":"[^"]*"', "", path.read_text())


def score(scorer, *arguments):
    done = subprocess.run([sys.executable, scorer, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    return done.stdout


def number(pattern, text):
    return float(re.search(pattern, text).group(1))


def calls(binary, folder, work):
    missed = []
    for name, (f1_min, macro_min) in CALLS.items():
        print(name, end=": ")
        rows = correlate(binary, folder / f"{name}.jsonl.gz", work, name)
        said = score(folder / "score_invictus.py", folder / f"{name}.labels.tsv", rows)
        found = number(r"\bF1 ([\d.]+)", said), number(r"macroF1 ([\d.]+)", said)
        if found[0] < f1_min or found[1] < macro_min:
            missed.append(f"{name}: F1 and macro F1 are {found}, wanted {(f1_min, macro_min)}")
    return missed


def networks(binary, folder, work):
    pairs = []
    for name in NETWORKS:
        rows = correlate(binary, folder / f"{name}.ndjson.gz", work, name)
        pairs += [folder / f"{name}.labels.tsv", rows]
    said = score(folder / "score_ait.py", *pairs)
    f1, incidents = number(r"macro F1 ([\d.]+)", said), number(r"incidents (\d+)$", said.strip())
    if f1 < NETWORKS_F1_MIN or incidents > NETWORKS_INCIDENTS_MAX:
        return [f"networks: macro F1 {f1} with {incidents:.0f} incidents"]
    return []


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    binary, folder, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    missed = calls(binary, folder / "invictus-stratus", work) + networks(binary, folder / "ait-ads", work)
    for miss in missed:
        print("missed:", miss)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
