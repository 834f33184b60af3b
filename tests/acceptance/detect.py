#!/usr/bin/env python3
"""How well `isobar detect` finds labelled anomalies, on data kept elsewhere.

usage: detect.py ISOBAR FOLDER WORK

FOLDER holds nab, ms_cloud and aiops_kpi with their labels, and the scorers nab_score.py and event_score.py.
Judged files go below WORK. Every figure is of the shipped threshold (a score of 1) and the shipped setting;
"best" is what the best threshold for all files of a corpus would give, which nobody knows beforehand.

NAB folds: files in the order of their names, every other one. The one thing that may be set is the
sensitivity: the best of SENSITIVITIES for one fold is scored on the other.

Exits with 1 when a goal is missed.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import time

SPARSE = ("ingress-02", "purchase-01", "outbound-16", "unavail-01")
GOALS = {
    "NAB standard": 74.0,
    "NAB two-fold": 70.0,
    "AIOps delay-F1": 0.82,
    "AIOps alert-F1": 0.60,
    "cloud alert-F1": 0.53,
    "alarms on sparse series": -39,
}
SENSITIVITIES = (0.8, 0.9, 1.0, 1.1, 1.2)
FOUR = ("z-score", "iqr", "isolation-forest", "change-point")


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Run:
    def __init__(self, binary, folder, work):
        self.binary, self.folder, self.work = binary, folder, work
        self.nab_score = module(folder / "nab_score.py")
        self.event_score = module(folder / "event_score.py")
        self.reached = {}

    def detect(self, corpus, name, *more):
        """The folder of judged files."""
        out, summary = self.work / name, self.work / f"{name}.json"
        command = [self.binary, "detect", "--input", self.folder / corpus / "data", "--output", out]
        begun = time.monotonic()
        subprocess.run([*command, "--summary", summary, *more], check=True, stderr=subprocess.DEVNULL)
        told = json.loads(summary.read_text())
        print(f"{name}: {told} in {time.monotonic() - begun:.1f} s")
        return out

    def goal(self, name, reached):
        self.reached[name] = reached
        missed = reached < GOALS[name]
        print(f"  {name}: {abs(reached):.4g} (goal {abs(GOALS[name]):.4g}){' MISSED' if missed else ''}")

    def corpus(self, out, files):
        windows = json.loads((self.folder / "nab/windows.json").read_text())
        return self.nab_score.load(str(out), windows, files, str(self.folder / "nab/data"))

    def nab(self):
        files = sorted((self.folder / "nab/files.txt").read_text().split())
        out = self.detect("nab", "nab")
        whole = self.corpus(out, set(files))
        for profile in self.nab_score.PROFILES:
            ours, best = whole.report(profile, 1.0), whole.report(profile)
            print(
                f"  {profile}: {ours['score']:.2f} ({ours['windows_hit']} of {ours['windows']} windows, "
                f"{ours['fp_rows']} false rows); best {best['score']:.2f} at {best['threshold']:.3f}"
            )
        self.goal("NAB standard", whole.report("standard", 1.0)["score"])
        self.two_fold(files)
        for voters in (*FOUR, ",".join(FOUR)):
            alone = self.corpus(self.detect("nab", "nab-alone", "--detectors", voters), set(files))
            print(f"  {voters} alone: {alone.report('standard', 1.0)['score']:.2f}")

    def two_fold(self, files):
        halves = [set(files[start::2]) for start in (0, 1)]
        reached = []
        for sensitivity in SENSITIVITIES:
            out = self.detect("nab", "nab-sensitivity", "--sensitivity", str(sensitivity))
            folds = [self.corpus(out, half).report("standard", 1.0)["score"] for half in halves]
            print(f"  sensitivity {sensitivity}: {folds[0]:.2f} and {folds[1]:.2f} on the two folds")
            reached.append(folds)
        crossed = [max(reached, key=lambda folds: folds[learn])[1 - learn] for learn in (0, 1)]
        print(f"  chosen on one fold, scored on the other: {crossed[0]:.2f} and {crossed[1]:.2f}")
        self.goal("NAB two-fold", sum(crossed) / 2)

    def events(self, corpus):
        labels = json.loads((self.folder / corpus / "labels.json").read_text())
        out = self.detect(corpus, corpus)
        series = self.event_score.load(str(out), labels)
        ours = self.event_score.at(series, 1.0, 7, 10)
        for measure in ("delay", "alert"):
            figures = ", ".join(f"{key} {ours[f'{measure}_{key}']:.3f}" for key in ("f1", "p", "r"))
            print(f"  {measure}: {figures}")
        print(f"  good alerts {ours['good_alerts']}, false {ours['false_alerts']}, median delay {ours['median_delay_rows']} rows")
        return out, ours

    def sparse(self, out):
        alarms = 0
        for path in sorted(out.rglob("*.csv")):
            if path.stem in SPARSE:
                number = sum(row.split(",")[3] == "1" for row in path.read_text().splitlines()[1:])
                print(f"  {path.stem}: {number} alarms")
                alarms += number
        self.goal("alarms on sparse series", -alarms)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    binary, folder, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    work.mkdir(parents=True, exist_ok=True)
    run = Run(binary, folder, work)
    run.nab()
    out, cloud = run.events("ms_cloud")
    run.goal("cloud alert-F1", cloud["alert_f1"])
    run.sparse(out)
    _, kpi = run.events("aiops_kpi")
    run.goal("AIOps delay-F1", kpi["delay_f1"])
    run.goal("AIOps alert-F1", kpi["alert_f1"])
    missed = [name for name, goal in GOALS.items() if run.reached[name] < goal]
    print("all goals reached" if not missed else "missed: " + ", ".join(missed))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
