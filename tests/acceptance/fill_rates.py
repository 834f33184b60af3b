#!/usr/bin/env python3
"""How much of what audit events of other people's rule tests say arrives in canonical events.

usage: fill_rates.py ISOBAR FOLDER

FOLDER holds files TYPE.jsonl.gz, each line an object whose field `log` is an audit event. Each file is
read by `isobar normalize`, the format found by looking; then for each type the share of events is
printed that have a time of their own, an actor, an action, a resource and an outcome.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

FIELDS = ["time", "actor", "action", "resource", "outcome"]


def events_of(isobar, logs):
    with tempfile.TemporaryDirectory() as folder:
        given, taken = pathlib.Path(folder, "given.ndjson"), pathlib.Path(folder, "taken.ndjson")
        summary = pathlib.Path(folder, "summary.json")
        given.write_text("".join(json.dumps(log) + "\n" for log in logs))
        command = [isobar, "normalize", "--input", given, "--output", taken, "--summary", summary]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        found = [json.loads(line) for line in taken.read_text().splitlines()]
        return found, json.loads(summary.read_text())


def is_filled(event):
    data = event["data"]
    return {
        "time": event["time"] != event["arrivaltime"],
        "actor": bool(data.get("actor")),
        "action": bool(data["action"]),
        "resource": bool(data["resource"].get("attributes")),
        "outcome": data["outcome"] != "unknown",
    }


def main(isobar, folder):
    print(f"{'type':<26}{'values':>7}{'events':>7}" + "".join(f"{field:>10}" for field in FIELDS) + "  formats")
    read, events = 0, 0
    for path in sorted(pathlib.Path(folder).glob("*.jsonl.gz")):
        logs = [json.loads(line)["log"] for line in gzip.open(path, "rt")]
        found, summary = events_of(isobar, logs)
        found = [event for event in found if event["type"] == "isobar.event"]
        filled = [is_filled(event) for event in found]
        share = lambda field: sum(one[field] for one in filled) / max(len(filled), 1)
        formats = {name: of["read"] for name, of in summary.items() if name != "total"}
        rates = "".join(f"{share(field):>10.1%}" for field in FIELDS)
        print(f"{path.name.removesuffix('.jsonl.gz'):<26}{len(logs):>7}{len(found):>7}{rates}  {formats}")
        read, events = read + len(logs), events + len(found)
    print(f"{'all':<26}{read:>7}{events:>7}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
