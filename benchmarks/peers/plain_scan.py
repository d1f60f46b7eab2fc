"""A replay with the plain scan, which defines what a scan means: ``plain_scan.py FOLDER DETECTION…`` prints JSON."""

from __future__ import annotations

import sys

from detector.detections import load_detection
from detector.jobs.replay import replay
from detector.render.replay_json import as_json
from detector.scan import plain


def main(folder: str, *names: str) -> None:
    done = replay([load_detection(name) for name in names], [folder], scan=plain.scan)
    sys.stdout.writelines(as_json(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
