"""``pneumo-viewer``: the command that opens the window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the review window; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="pneumo-viewer",
        description="Review chest radiographs with an embedded pneumonia detector. "
        "For research use only, not a medical device.",
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="files or folders")
    parser.add_argument("--demo", action="store_true", help="open the demo studies")
    parser.add_argument("--version", action="store_true", help="print the version and end")
    options = parser.parse_args(arguments)

    if options.version:
        from detector import __version__

        sys.stdout.write(f"pneumo-viewer {__version__}\n")
        return 0
    for path in options.paths:
        try:
            path.stat()
        except OSError as error:
            parser.error(f"{path}: {error.strerror}")

    from pneumo_viewer.environment import why_no_window

    if problem := why_no_window():
        sys.stderr.write(f"{problem}\n")
        return 2

    from pneumo_viewer.application import run

    paths: list[Path] = options.paths
    if options.demo:
        from resources import DEMO_STUDIES

        paths = [*paths, DEMO_STUDIES]
    return run(paths)


if __name__ == "__main__":
    sys.exit(main())
