"""Reviews as a table, out and in: one line a finding, or one for an image without any."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from detector.detections import ModelIdentity
from detector.errors import InputError
from detector.files import access_error
from pneumo_viewer.exchange.coco import as_xywh, printable
from pneumo_viewer.exchange.records import (
    RESEARCH_USE_ONLY,
    Review,
    ReviewedFinding,
    ReviewedImage,
)
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict

_BY_STAGE: Final = {stage: f"exam_verdict_{stage.value}" for stage in Stage}
COLUMNS: Final = (
    "file",
    "sop_instance_uid",
    "reader",
    "shown",
    "exam_verdict",
    *_BY_STAGE.values(),
    "comment",
    "is_complete",
    "exam_score",
    "exam_model",
    "exam_model_version",
    "exam_model_fingerprint",
    "exam_model_preset",
    "x",
    "y",
    "width",
    "height",
    "verdict",
    "shown_at_verdict",
    "score",
    "finding",
    "model",
    "model_version",
    "model_fingerprint",
    "model_preset",
    "use",
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_SHIELD: Final = "'"


class ReviewTableError(InputError):
    """A table that this program did not write, or that was changed since."""

    kind = "unusable table of reviews"
    advice = "Give one as it was exported."


def reviews_as_csv(images: Iterable[ReviewedImage]) -> bytes:
    """Write everything that is said of the images, in UTF-8.

    Numbers are as short as they can be and read back as the same float. A text that a spreadsheet
    would take for a formula has an apostrophe before it.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for image in images:
        exam = _exam_cells(image)
        for finding in image.review.findings or (None,):
            cells = exam if finding is None else {**exam, **_finding_cells(image, finding)}
            writer.writerow({name: _shielded(cell) for name, cell in cells.items()})
    return stream.getvalue().encode()


def is_review_table(path: Path) -> bool:
    """Whether the file begins as `reviews_as_csv` begins; one that cannot be read does not."""
    try:
        with path.open("rb") as file:
            start = file.readline(4096)
    except OSError:
        return False
    return start.decode("utf-8-sig", "replace").strip() == ",".join(COLUMNS)


def read_review_table(path: Path) -> dict[str, Review]:
    """Read what `reviews_as_csv` wrote.

    Returns
    -------
    dict
        By SOP Instance UID; by file name without extension where there is none.

    Raises
    ------
    InputError
        It cannot be opened, or is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise access_error(path, error) from error
    except UnicodeDecodeError as error:
        raise ReviewTableError(str(path), "it is not text in UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ReviewTableError(str(path), "its columns are others")
    reviews: dict[str, Review] = {}
    for row in reader:
        cells = {name: _bare(cell or "") for name, cell in row.items() if name is not None}
        key = cells["sop_instance_uid"] or Path(cells["file"]).stem
        try:
            exam = _exam(cells)
            findings = (_finding(cells),) if cells["verdict"] else ()
        except ValueError as error:
            raise ReviewTableError(str(path), f"line {reader.line_num}: {error}") from error
        earlier = reviews[key].findings if key in reviews else ()
        reviews[key] = replace(exam, findings=(*earlier, *findings))
    return reviews


def _exam_cells(image: ReviewedImage) -> dict[str, str]:
    review = image.review
    return {
        "file": printable(image.path.name),
        "sop_instance_uid": image.identity.sop_instance_uid,
        "reader": review.reader,
        "shown": review.stage.value,
        "exam_verdict": _word(review.exam_verdict),
        **{
            column: _word(review.exam_verdicts_by_stage.get(stage))
            for stage, column in _BY_STAGE.items()
        },
        "comment": review.comment,
        "is_complete": "yes" if review.is_complete else "no",
        "exam_score": _number(review.exam_score),
        **_model_cells("exam_model", review.model),
        "use": RESEARCH_USE_ONLY,
    }


def _finding_cells(image: ReviewedImage, finding: ReviewedFinding) -> dict[str, str]:
    box = zip(("x", "y", "width", "height"), as_xywh(image.clipped(finding.box)), strict=True)
    return {
        **{name: _number(value) for name, value in box},
        "verdict": finding.verdict.value,
        "shown_at_verdict": "" if finding.stage is None else finding.stage.value,
        "score": _number(finding.score),
        "finding": finding.finding,
        **_model_cells("model", finding.model),
    }


def _model_cells(prefix: str, model: ModelIdentity | None) -> dict[str, str]:
    if model is None:
        return {}
    return {
        prefix: model.name,
        f"{prefix}_version": model.version,
        f"{prefix}_fingerprint": model.fingerprint,
        f"{prefix}_preset": model.preset,
    }


def _word(verdict: ExamVerdict | None) -> str:
    return "" if verdict is None else verdict.value


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _shielded(cell: str) -> str:
    """OWASP's remedy for CSV injection; numbers of ours are never negative."""
    return f"{_SHIELD}{cell}" if cell.startswith((*_FORMULA_STARTS, _SHIELD)) else cell


def _bare(cell: str) -> str:
    return cell.removeprefix(_SHIELD)


def _exam(cells: Mapping[str, str]) -> Review:
    return Review(
        reader=cells["reader"],
        exam_verdict=_exam_verdict(cells["exam_verdict"]),
        comment=cells["comment"],
        exam_score=_optional(cells["exam_score"]),
        model=_model("exam_model", cells),
        is_complete=cells["is_complete"] == "yes",
        stage=Stage(cells["shown"]),
        exam_verdicts_by_stage={
            stage: verdict
            for stage, column in _BY_STAGE.items()
            if (verdict := _exam_verdict(cells[column])) is not None
        },
    )


def _finding(cells: Mapping[str, str]) -> ReviewedFinding:
    x, y, width, height = (float(cells[name]) for name in ("x", "y", "width", "height"))
    return ReviewedFinding(
        box=(x, y, x + width, y + height),
        verdict=Verdict(cells["verdict"]),
        score=_optional(cells["score"]),
        model=_model("model", cells),
        finding=cells["finding"],
        stage=Stage(cells["shown_at_verdict"]) if cells["shown_at_verdict"] else None,
    )


def _exam_verdict(word: str) -> ExamVerdict | None:
    return ExamVerdict(word) if word else None


def _optional(number: str) -> float | None:
    return float(number) if number else None


def _model(prefix: str, cells: Mapping[str, str]) -> ModelIdentity | None:
    if not cells[prefix]:
        return None
    return ModelIdentity(
        cells[prefix],
        cells[f"{prefix}_version"],
        cells[f"{prefix}_fingerprint"],
        cells[f"{prefix}_preset"],
    )
