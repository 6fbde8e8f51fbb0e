"""``pneumo-detect``: score radiographs without a screen.

torch is imported when the arguments have been found usable, so that ``--help``, ``--version`` and
refusals come at once.
"""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from detector import __version__
from detector.dicom.reading import read_radiograph
from detector.errors import InputError
from detector.files import find_files, make_writable, replace_file
from detector.model_card import read_card
from detector.overlay import draw_overlay
from detector.results import (
    ScoredImage,
    coco_as_csv,
    coco_as_json,
    coco_results,
    detections_above,
    refusals_as_csv,
)
from resources import DEFAULT_WEIGHTS

SOME_NOT_SCORED: Final = 1
UNUSABLE_ARGUMENTS: Final = 2

DETECTIONS_TABLE: Final = "detections.csv"
DETECTIONS_COCO: Final = "detections.json"
NOT_SCORED_TABLE: Final = "not_scored.csv"
OVERLAYS: Final = "overlays"

_console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
_application = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


def main() -> None:
    """Run ``pneumo-detect``."""
    _application()


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"pneumo-detect {__version__}")
        raise typer.Exit


@_application.command()
def detect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            exists=True,
            readable=False,
            help="Files, and folders, which are searched with all folders inside; names that "
            "begin with a dot are passed over.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the results go.")],
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Lowest score of a box.",
            show_default="as the model card says",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also draw each image with its boxes, as PNG.")
    ] = False,
    weights: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Weights.", show_default="the program's own"),
    ] = DEFAULT_WEIGHTS,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Find pneumonia in chest radiographs. Research use only; not a medical device.

    Writes detections.csv (one row a box), detections.json (COCO; every scored image), and
    not_scored.csv (every file that could not be scored, and why); with --overlay also a picture
    of each image in overlays/. Of an image with several frames the first is scored. What is
    probably no upright frontal chest radiograph of an adult is scored too, and called doubtful.

    Exit status: 0 when every file was scored. 1 when some were not, be it a damaged image or a
    text file that lay in a folder. 2 when the arguments cannot be used.
    """
    products = (DETECTIONS_TABLE, DETECTIONS_COCO, NOT_SCORED_TABLE, OVERLAYS)
    files, errors = find_files(paths, leaving_out=[out / name for name in products])
    if not files and not errors:
        _stop(f"There is no file in {', '.join(map(str, paths))}.")
    try:
        card = read_card(weights)
        make_writable(out)
        from detector.runtime.engine import Detector

        detector = Detector.load(weights)
    except InputError as error:
        _stop(str(error))
    if threshold is None:
        threshold = card.score_threshold

    images: list[ScoredImage] = []
    refusals: list[InputError] = []
    overlay_names: set[str] = set()
    with Progress(console=_console, disable=not _console.is_terminal) as progress:
        outcomes = chain(errors, detector.predict_files(files))
        for outcome in progress.track(outcomes, total=len(errors) + len(files)):
            if isinstance(outcome, InputError):
                refusals.append(outcome)
                _console.print(f"Not scored: {outcome}")
                continue
            identity, shape, doubts, detections = outcome
            for doubt in doubts:
                _console.print(f"Doubtful: {identity.source}: {doubt.sentence}")
            detections = detections_above(detections, threshold)
            picture = ""
            if overlay:
                picture = f"{OVERLAYS}/{_free_name(identity.source, overlay_names)}"
                radiograph = read_radiograph(Path(identity.source))
                _write(out / picture, draw_overlay(radiograph, detections))
            images.append(ScoredImage(identity, shape, detections, doubts, picture))

    coco = coco_results(images, card, threshold)
    _write(out / DETECTIONS_COCO, coco_as_json(coco))
    _write(out / DETECTIONS_TABLE, coco_as_csv(coco))
    _write(out / NOT_SCORED_TABLE, refusals_as_csv(refusals))
    doubtful = sum(bool(image.doubts) for image in images)
    _console.print(
        f"{len(images)} scored, {doubtful} of them doubtful, {len(refusals)} not scored; see {out}."
    )
    if refusals:
        raise typer.Exit(SOME_NOT_SCORED)


def _free_name(source: str, taken: set[str]) -> str:
    """Name a picture after its file; files of one name in different folders are numbered.

    The name is Unicode and, in bytes, short enough for every file system.
    """
    name = Path(source).name.encode(errors="surrogateescape")
    stem = name[:100].decode(errors="ignore")
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    free = next(name for name in names if name.casefold() not in taken)
    taken.add(free.casefold())
    return f"{free}.png"


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        _stop(f"{path}: it cannot be written ({error.strerror}).")


def _stop(sentence: str) -> NoReturn:
    _console.print(sentence)
    raise typer.Exit(UNUSABLE_ARGUMENTS)


if __name__ == "__main__":
    main()
