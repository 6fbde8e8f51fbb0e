"""An evaluation as a PDF report with curves and pictures of the worst errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.graphics.shapes import Image as DrawnImage
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import (
    KeepTogether,
    Paragraph,
    Table,
    TableStyle,
)

from detector import __version__
from pneumo_viewer.exchange.evaluation_content import ReportContent
from pneumo_viewer.exchange.pdf_pages import (
    DETECTION,
    HEADING,
    RULE,
    SMALL,
    TEXT,
    WIDTH,
    build_pdf,
    facts,
    narrow,
    paragraph,
    tight,
)
from training.evaluation.errors import BoxError, ErrorKind
from training.evaluation.measures import MEASURES, MISSING
from training.evaluation.operating_points import OPERATING_FIGURES
from training.evaluation.paired import Difference
from training.evaluation.subgroups import SMALL_GROUP

REPORTED = ("AP50", "AP_M", "AP_L", "AR10", "AR_M", "AR_L", "FROC", "AUROC", "AUPRC", "ECE")
SUBGROUP_REPORTED = ("AP50", "AR10", "FROC", "AUROC")
OPERATING_NAMES = {
    "sensitivity": "exam sensitivity",
    "specificity": "exam specificity",
    "box_sensitivity": "box sensitivity",
    "false_positives": "false positives per image",
}
_UID_TAIL = 16
_PICTURE = (WIDTH - 8 * mm) / 2
_DRAWN_POINTS = 600
_GRID = colors.Color(0.87, 0.87, 0.87)
_ERROR_WORDS = {
    ErrorKind.FALSE_POSITIVE: "false positive",
    ErrorKind.FALSE_NEGATIVE: "missed box",
}


def report_pdf(content: ReportContent) -> bytes:
    """The report: data, model, threshold, measures, curves, subgroups, comparison, errors."""
    parts = [*_head(content), *_measures(content), *_curves(content), *_subgroups(content)]
    parts += [*_comparison(content), *_errors(content)]
    return build_pdf("Evaluation of a pneumonia detector", parts)


def _head(content: ReportContent) -> list[Any]:
    evaluation, model = content.measured.evaluation, content.model
    reasons = "; ".join(f"{count} × {reason}" for reason, count in content.left_out.items())
    rows = (
        ("Made", f"{content.made_at}, pneumo-viewer {__version__}"),
        (
            "Data",
            f"{evaluation.exam_count} exams of {evaluation.patient_count} patients, "
            f"{evaluation.positive_count} with {evaluation.truth_count} true boxes; "
            f"{evaluation.detection_count} detections",
        ),
        ("Left out", reasons or "nothing"),
        ("Truth", content.truth),
        ("Model", f"{model.name} {model.version}, preset {model.preset}"),
        ("Fingerprint", model.fingerprint),
        ("Threshold", f"{content.threshold:.2f}"),
    )
    return [facts(rows, 26 * mm)]


def _measures(content: ReportContent) -> list[Any]:
    evaluation = content.measured.evaluation
    rows = [
        (_name(m), str(evaluation.positives[m]), str(evaluation.all_exams[m]), MEASURES[m])
        for m in REPORTED
    ]
    heading = ("Measure", "Exams with pneumonia", "All exams", "What it is")
    note = f"In %, with 95 % intervals from {evaluation.resamples} draws of patients."
    return [
        KeepTogether(
            [
                paragraph("Measures", HEADING),
                _table(heading, rows, (18, 36, 36, None)),
                paragraph(note, SMALL),
            ]
        )
    ]


def _curves(content: ReportContent) -> list[Any]:
    curve, froc = content.measured.precision_recall, content.measured.froc
    left = _plot(
        "Recall", "Precision", curve.thresholds, curve.recall, curve.precision, 1.0, content
    )
    drawings = [left]
    if froc is not None:
        right = min(8.0, max(1.0, float(np.ceil(froc.false_positives.max(initial=0)))))
        drawings.append(
            _plot(
                "False positives per image",
                "Sensitivity",
                froc.thresholds,
                froc.false_positives,
                froc.sensitivity,
                right,
                content,
            )
        )
    note = f"At IoU 0.5. The circle is the threshold of {content.threshold:.2f}."
    return [
        KeepTogether(
            [
                paragraph("Precision and recall; FROC", HEADING),
                Table([drawings], hAlign="LEFT", colWidths=[WIDTH / 2] * len(drawings)),
                paragraph(note, SMALL),
            ]
        )
    ]


def _plot(
    across: str,
    up: str,
    thresholds: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    right: float,
    content: ReportContent,
) -> Drawing:
    width, height, left, bottom = WIDTH / 2 - 6 * mm, 62 * mm, 11 * mm, 10 * mm
    inner = (width - left - 3 * mm, height - bottom - 3 * mm)
    drawing = Drawing(width, height)

    def place(across: float, up: float) -> tuple[float, float]:
        return left + min(across / right, 1.0) * inner[0], bottom + up * inner[1]

    for share in np.linspace(0, 1, 5).tolist():
        for ends in (((0, share), (right, share)), ((right * share, 0), (right * share, 1))):
            (x0, y0), (x1, y1) = (place(*end) for end in ends)
            drawing.add(Line(x0, y0, x1, y1, strokeColor=_GRID, strokeWidth=0.4))
        x0, y0 = place(0, share)
        drawing.add(String(x0 - 3, y0 - 2.5, f"{share:.2f}", fontSize=7, textAnchor="end"))
        x0, y0 = place(right * share, 0)
        drawing.add(String(x0, y0 - 9, f"{right * share:.2f}", fontSize=7, textAnchor="middle"))
    middle = left + inner[0] / 2
    drawing.add(String(middle, 1, across, fontSize=8, textAnchor="middle"))
    drawing.add(String(left, height - 6, up, fontSize=8))
    if not len(x) or not np.isfinite(x).all() or not np.isfinite(y).all():
        drawing.add(String(middle, bottom + inner[1] / 2, "no true box", textAnchor="middle"))
        return drawing
    kept = np.unique(np.linspace(0, len(x) - 1, _DRAWN_POINTS).astype(np.intp))
    kept = kept[x[kept] <= right]
    points = [place(*point) for point in zip(x[kept].tolist(), y[kept].tolist(), strict=True)]
    if len(points) > 1:
        flat = [coordinate for point in points for coordinate in point]
        drawing.add(PolyLine(flat, strokeColor=colors.black, strokeWidth=1.2))
    reached = int(np.sum(thresholds >= content.threshold)) - 1
    if reached >= 0:
        x0, y0 = place(float(x[reached]), float(y[reached]))
        drawing.add(Circle(x0, y0, 3, fillColor=DETECTION, strokeColor=colors.black))
    return drawing


def _subgroups(content: ReportContent) -> list[Any]:
    if not content.subgroups:
        return []
    rows = [
        (
            f"{group.trait} {group.value}{' *' if group.is_small else ''}",
            str(group.evaluation.exam_count),
            str(group.evaluation.positive_count),
            *(str(group.evaluation.all_exams[name]) for name in SUBGROUP_REPORTED),
        )
        for group in content.subgroups
    ]
    heading = ("Group", "Exams", "Positive", *map(_name, SUBGROUP_REPORTED))
    note = (
        "All exams of the group, in %, with 95 % intervals over its patients. "
        f"* fewer than {SMALL_GROUP} exams: the figures say little."
    )
    return [
        paragraph("Subgroups", HEADING),
        _table(heading, rows, (30, 12, 14, None, None, None, None)),
        paragraph(note, SMALL),
    ]


def _comparison(content: ReportContent) -> list[Any]:
    if content.compared is None:
        return []
    found = content.compared.comparison
    rows = [
        (OPERATING_NAMES[figure], MISSING, _difference(figure, found.at_thresholds[figure]))
        for figure in OPERATING_FIGURES
    ]
    rows += [(_name(m), str(found.positives[m]), str(found.all_exams[m])) for m in REPORTED]
    title = f"{content.compared.first} less {content.compared.second}, {found.exam_count} exams"
    note = (
        "Paired differences with 95 % intervals over patients, in %; false positives as a number. "
        "The first four rows at the threshold and IoU 0.4."
    )
    return [
        paragraph("Comparison", HEADING),
        paragraph(title, TEXT),
        _table(("Difference", "Exams with pneumonia", "All exams"), rows, (44, None, None)),
        paragraph(note, SMALL),
    ]


def _difference(figure: str, difference: Difference) -> str:
    if figure != "false_positives" or difference.value is None:
        return str(difference)
    low, high = difference.interval or (np.nan, np.nan)
    return f"{difference.value:+.2f} ({low:+.2f} to {high:+.2f})"


def _errors(content: ReportContent) -> list[Any]:
    heading = paragraph("The worst errors at the threshold", HEADING)
    if not content.errors:
        return [heading, paragraph("There is no error.", TEXT)]
    note = (
        "Detections red, truth white and dotted, the error thick: the false positives with the "
        "highest scores and the missed boxes that the detector is furthest from finding. Images "
        "are named by the end of their UIDs."
    )
    cells = [[_picture(content, error), _caption(error)] for error in content.errors]
    pairs = [
        [cells[i], cells[i + 1] if i + 1 < len(cells) else ""] for i in range(0, len(cells), 2)
    ]
    table = Table(pairs, colWidths=[WIDTH / 2] * 2, hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), tight()]))
    return [heading, paragraph(note, SMALL), table]


def _caption(error: BoxError) -> Paragraph:
    score = "never found" if error.score is None else f"score {error.score:.2f}"
    words = _ERROR_WORDS[error.kind]
    return paragraph(
        f"{error.kind.value}, {words}, {score} · …{error.image_id[-_UID_TAIL:]}", SMALL
    )


def _picture(content: ReportContent, error: BoxError) -> Drawing | Paragraph:
    exam, pixels = content.exam(error.image_id), content.pictures.get(error.image_id)
    if pixels is None:
        return paragraph("The image cannot be shown.", SMALL)
    scale = _PICTURE / max(exam.width, exam.height)
    width, height = exam.width * scale, exam.height * scale
    drawing = Drawing(width, height + 2)
    drawing.add(DrawnImage(0, 0, width, height, Image.fromarray(pixels)))

    def frame(box: Sequence[float], **style: Any) -> Rect:
        x0, y0, x1, y1 = (float(edge) * scale for edge in box)
        return Rect(x0, height - y1, x1 - x0, y1 - y0, fillColor=None, **style)

    for box in exam.truth.tolist():
        is_error = error.kind is ErrorKind.FALSE_NEGATIVE and tuple(box) == error.box
        thickness = 2.4 if is_error else 1.2
        drawing.add(frame(box, strokeColor=colors.black, strokeWidth=thickness + 1))
        drawing.add(
            frame(box, strokeColor=colors.white, strokeWidth=thickness, strokeDashArray=[2, 3])
        )
    for box in exam.boxes[exam.scores >= content.threshold].tolist():
        is_error = error.kind is ErrorKind.FALSE_POSITIVE and tuple(box) == error.box
        drawing.add(frame(box, strokeColor=DETECTION, strokeWidth=2.4 if is_error else 1))
    return drawing


def _table(
    heading: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int | None]
) -> Table:
    cells = [[paragraph(text, SMALL) for text in row] for row in (heading, *rows)]
    given = [None if width is None else width * mm for width in widths]
    free = (WIDTH - sum(width or 0 for width in given)) / max(given.count(None), 1)
    table = Table(
        cells,
        colWidths=[free if width is None else width for width in given],
        hAlign="LEFT",
        repeatRows=1,
    )
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.6, RULE), tight(), *narrow()]))
    return table


def _name(measure: str) -> str:
    return "AP" if measure == "AP50" else measure
