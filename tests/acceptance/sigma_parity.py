#!/usr/bin/env python3
"""Whether our rule engine says what a reference says, and what rules find and cost, on data kept elsewhere.

usage: sigma_parity.py ISOBAR FOLDER WORK [OWN]

FOLDER holds stratus-detonation and invictus-stratus; archives of rules are unpacked below WORK; OWN is the
folder of Isobar's own rules and tuning (default: rules/own and rules/tuning of this repository).

Parity:   (row, rule id) pairs of `isobar match` beside those of the reference.
Firings:  each of the five correlations on timelines that have to make it fire and on those that must not: the
          timelines of rules/tests/correlations, whose rules have the same shape and the same fields.
Coverage: techniques of which at least one event is flagged.
Load:     flagged events per 1,000 outside the labelled runs, and the share flagged inside them.

Exits with 1 when parity is not exact, or coverage or load miss their goals.
"""

import collections
import csv
import json
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[2]
# The correlations, and the timelines of ours that fit each.
TIMELINES = {
    "aws_cloudtrail_many_failed_logins": "failed_sign_ins",
    "aws_cloudtrail_many_access_denied": "denied_calls",
    "aws_cloudtrail_many_recon_events": "different_looks",
    "aws_cloudtrail_s3_enum_after_getcalleridentity": "buckets_after_identity",
    "aws_cloudtrail_iam_persistence_chain": "user_then_key",
}
COVERAGE_MIN, LOAD_MAX = 0.80, 37.0


def unpack(archive, into):
    into.mkdir(parents=True, exist_ok=True)
    unpacked = subprocess.run(["zstd", "-dcq", archive], check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", into], check=True, input=unpacked.stdout)
    return into


def rows_of(path):
    with open(path) as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Isobar:
    def __init__(self, binary, work):
        self.binary, self.work = binary, work

    def match(self, rules, events, *more):
        """The (row, rule id) pairs, and the counts."""
        hits, summary = self.work / "hits.tsv", self.work / "match.json"
        command = [self.binary, "match", "--input", events, "--output", hits, "--summary", summary, *more]
        for folder in rules:
            command += ["--rules", folder]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        pairs = [line.split("\t") for line in hits.read_text().splitlines()]
        assert len(pairs) == len(set(map(tuple, pairs))), "a pair stands twice"
        return {(int(row), rule) for row, rule in pairs}, json.loads(summary.read_text())

    def check(self, *rules):
        done = subprocess.run([self.binary, "rules", "check", *rules, "--output", "json"], stdout=subprocess.PIPE)
        return done.returncode, json.loads(done.stdout)

    def test(self, folder):
        done = subprocess.run([self.binary, "rules", "test", folder, "--output", "json"], stdout=subprocess.PIPE)
        return done.returncode, json.loads(done.stdout)


def firings(isobar, correlations):
    """Each correlation on our timelines, laid beside it; those of each kind are told."""
    folder, = {path.parent for path in correlations.glob("**/*.yml")}
    for name, ours in TIMELINES.items():
        text = (HERE / "rules/tests/correlations" / f"{ours}.test.yaml").read_text()
        (folder / f"{name}.test.yml").write_text(text)
        fires, quiet = text.split("quiet:")
        print(f"correlation {name:<48} {fires.count('- name:')} timelines that fire, {quiet.count('- name:')} that do not")
    code, tested = isobar.test(folder)
    print(f"correlations on timelines: {tested['examples']} timelines, {tested['errors']} wrong")
    for problem in tested["problems"]:
        if problem["severity"] == "error":
            print(f"  {pathlib.Path(problem['file']).name}:{problem['line']}: {problem['what']}")
    return code == 0 and tested["correlations"] == len(TIMELINES) and tested["errors"] == 0


def parity(name, found, reference):
    wanted = {(int(row["row"]), row["rule_id"]) for row in rows_of(reference)}
    missing, extra = wanted - found, found - wanted
    print(f"parity {name:<10} {len(wanted):>5} wanted {len(wanted & found):>5} found {len(missing):>4} missing {len(extra):>4} extra")
    for kind, pairs in (("missing", missing), ("extra", extra)):
        for row, rule in sorted(pairs)[:10]:
            print(f"  {kind}: row {row} {rule}")
    return not missing and not extra


def interval(flags, rounds=2000):
    """95 % of resamplings of the techniques, with a fixed seed."""
    chance = random.Random(1)
    shares = sorted(sum(chance.choices(flags, k=len(flags))) / len(flags) for _ in range(rounds))
    return shares[int(0.025 * rounds)], shares[int(0.975 * rounds)]


def coverage(name, pairs, labels):
    flagged_rows = {row for row, _ in pairs}
    of = collections.defaultdict(bool)
    for label in labels:
        of[label["technique"]] |= int(label["row"]) in flagged_rows
    share = sum(of.values()) / len(of)
    low, high = interval(list(of.values()))
    print(f"coverage {name:<26} {sum(of.values()):>3} of {len(of)} techniques {share:>6.1%}  (95 %: {low:.0%} to {high:.0%})")
    for technique in sorted(technique for technique, is_flagged in of.items() if not is_flagged):
        print(f"  not flagged: {technique}")
    return share


def load(name, pairs, labels):
    flagged = {row for row, _ in pairs}
    outside = [int(label["row"]) for label in labels if label["group"] == "-"]
    inside = [int(label["row"]) for label in labels if label["group"] != "-"]
    per_1000 = 1000 * sum(row in flagged for row in outside) / len(outside)
    share = sum(row in flagged for row in inside) / len(inside)
    runs = collections.defaultdict(bool)
    for label in labels:
        if label["group"] != "-":
            runs[label["group"]] |= int(label["row"]) in flagged
    print(
        f"load {name:<30} {per_1000:>6.1f} of 1,000 events outside runs; inside {share:>6.1%} of events,"
        f" {sum(runs.values())} of {len(runs)} runs"
    )
    return per_1000


def main(binary, folder, work, *own):
    folder, work = pathlib.Path(folder), pathlib.Path(work)
    stratus, invictus = folder / "stratus-detonation", folder / "invictus-stratus"
    community = unpack(stratus / "sigmahq-rules-cloud-app-identity.tar.zst", work / "sigmahq")
    suzaku = unpack(stratus / "suzaku-rules-cloudtrail.tar.zst", work / "suzaku")
    correlations = unpack(stratus / "suzaku-correlations.tar.zst", work / "correlations")
    aws, = community.glob("**/rules/cloud/aws")
    own = list(own) or [HERE / "rules/own", HERE / "rules/tuning"]
    isobar = Isobar(binary, work)
    events, days = stratus / "events.jsonl.gz", invictus / "serial.jsonl.gz"

    plain, counts = isobar.match([aws], events)
    print(f"rows {counts['rows']}, events {counts['events']}, cannot be read {counts['unread']}")
    exact = parity("sigmahq", plain, stratus / "pysigma_hits.tsv")
    exact &= parity("suzaku", isobar.match([suzaku], events)[0], stratus / "suzaku_hits.tsv")
    code, checked = isobar.check(correlations)
    print(f"correlations loaded: {checked['correlations']} of 5, errors {checked['errors']}")
    exact &= checked["correlations"] == 5 and code == 0
    exact &= firings(isobar, correlations)

    labels, of_days = rows_of(stratus / "labels.tsv"), rows_of(invictus / "serial.labels.tsv")
    sets = {"sigmahq": [aws], "own": own, "sigmahq + own, untuned": [aws, own[0]], "sigmahq + own, tuned": [aws, *own]}
    for name, rules in sets.items():
        share = coverage(name, isobar.match(rules, events, "--flagged")[0], labels)
        per_1000 = load(name, isobar.match(rules, days, "--flagged")[0], of_days)
    reached = share >= COVERAGE_MIN and per_1000 <= LOAD_MAX
    print(f"goals: parity exact: {exact}; coverage >= {COVERAGE_MIN:.0%} and load <= {LOAD_MAX:.0f}: {reached}")
    return 0 if exact and reached else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
