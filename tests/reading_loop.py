"""A reader's morning in a real X window, by keyboard alone: read ten exams, report, come back.

Opens the demo studies, reads ten exams (accepts or rejects what is shown, gives exam verdicts, adds
a box, writes a comment), exports structured reports from the command palette, ends the program,
starts it again, and compares what the store and the reports say. Run it with the project's
interpreter::

    python tests/reading_loop.py --shots build/shots

The exit status is 0 when everything was found again, in the store and in the reports.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from real_window import REPOSITORY, Desktop, desktop, viewer, wait_for

sys.path.insert(0, str(REPOSITORY))

from pneumo_viewer.exchange.reports import read_structured_report

DEMO = REPOSITORY / "resources" / "demo"
EXAMS = 10
COMMENT = "consolidation in both bases"

READ = "SELECT image, verdict, comment FROM exams WHERE verdict IS NOT NULL ORDER BY image"
ASSESSED = "SELECT image, box, verdict FROM verdicts ORDER BY image, box"
OWN = "SELECT image, x0, y0, x1, y1 FROM own_boxes ORDER BY image"
ALL = (READ, ASSESSED, OWN)


def read_exams(here: Desktop) -> None:
    """Give verdicts until ten exams have one; the program moves on by itself.

    F6 to F8 say what the exam shows. Where that does not move on, a finding is undecided.
    """
    pressed = 0
    while (read := len(here.stored(READ))) < EXAMS:
        here.press(f"F{6 + read % 3}")
        if len(here.stored(READ)) == read:
            here.press("BackSpace" if pressed % 3 == 2 else "Return")
        pressed += 1
        if pressed > 10 * EXAMS:
            raise SystemExit(f"only {read} exams were read after {pressed} verdicts")


def export_reports(here: Desktop, folder: Path) -> None:
    """Export the reviewed exams as structured reports, from the command palette."""
    here.press("ctrl+k")
    here.type("structured reports")
    here.press("Return")
    time.sleep(1)
    here.type(str(folder))
    here.shoot("3-export")
    here.press("Return")
    wait_for("the reports", lambda: len(list(folder.rglob("*.dcm"))) >= EXAMS, 60)


def reported(folder: Path) -> tuple[int, int, set[str]]:
    """Exams with a verdict, boxes with one, and comments, in all reports of a folder."""
    reviews = [
        review for file in folder.rglob("*.dcm") for review in read_structured_report(file).values()
    ]
    verdicts = [review for review in reviews if review.exam_verdict is not None]
    boxes = [
        finding
        for review in reviews
        for finding in review.findings
        if finding.verdict.name != "UNDECIDED"
    ]
    return len(verdicts), len(boxes), {review.comment for review in reviews} - {""}


def main() -> int:
    """Play the scene; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shots", type=Path, default=REPOSITORY / "build" / "shots")
    options = parser.parse_args()
    with desktop(options.shots.resolve()) as here:
        reports = here.home / "reports"
        with viewer(here, DEMO):
            images, scored = len([*DEMO.glob("*.dcm")]), "SELECT image FROM detections"
            wait_for("all scores", lambda: len(here.stored(scored)) == images, 120)
            here.press("b", "b")
            wait_for("an own box", lambda: here.stored(OWN), 10)
            here.press("F9")
            here.type(COMMENT)
            here.press("Return", "Escape")
            here.shoot("1-opened")
            read_exams(here)
            here.shoot("2-read")
            export_reports(here, reports)
            here.shoot("4-exported")
        before = [here.stored(query) for query in ALL]
        with viewer(here, DEMO):
            time.sleep(4)
            here.shoot("5-restarted")
        after = [here.stored(query) for query in ALL]
        found = reported(reports)
    read, assessed, own = before
    expected = (len(read), len(assessed) + len(own), {COMMENT})
    sys.stdout.write(f"stored: {expected}\nreported: {found}\nkept: {before == after}\n")
    return 0 if before == after and found == expected else 1


if __name__ == "__main__":
    sys.exit(main())
