"""The reviewed exams as a PDF report with pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from PIL import Image
from reportlab.graphics.shapes import Drawing, Group, Line, Rect, String
from reportlab.graphics.shapes import Image as DrawnImage
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    KeepTogether,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from detector import __version__
from pneumo_viewer.exchange.exported import ExportedImage, ReportFacts
from pneumo_viewer.exchange.pdf_pages import (
    DETECTION,
    HEADING,
    READER,
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
from pneumo_viewer.exchange.records import ReviewedFinding, ReviewedImage
from pneumo_viewer.facts import exam_line, patient_line
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict

_PICTURE: Final = 66 * mm
_GAP: Final = 5 * mm
_NAME: Final = 19 * mm
_COLOURS: Final = {Verdict.ADDED: READER, Verdict.CORRECTED: READER}
_STAGES: Final = {
    Stage.BLINDED: "blinded: neither detector nor ground truth was revealed",
    Stage.DETECTOR: "blinded: the detector was revealed, the ground truth not",
    Stage.TRUTH: "blinded: detector and ground truth were revealed",
    Stage.OPEN: "open",
}
_AT_STAGE: Final = {
    Stage.BLINDED: "before anything was revealed",
    Stage.DETECTOR: "with the detector revealed",
    Stage.TRUTH: "with the ground truth revealed",
    Stage.OPEN: "in open reading",
}
_EXAM: Final = ParagraphStyle("exam", HEADING, fontSize=11, leading=14, spaceBefore=2, spaceAfter=2)


def review_report(exported: Sequence[ExportedImage], facts_of_all: ReportFacts) -> bytes:
    """Make the report: what it is about, then an exam after the other with picture and verdicts."""
    parts = _head([each.image for each in exported], facts_of_all)
    parts += [KeepTogether(_exam(each)) for each in exported]
    return build_pdf("Review of chest radiographs", parts)


def _head(images: Sequence[ReviewedImage], about: ReportFacts) -> list[Any]:
    verdicts = [image.review.exam_verdict for image in images]
    counts = ", ".join(
        f"{verdicts.count(verdict)} {verdict.value}"
        for verdict in ExamVerdict
        if verdict in verdicts
    )
    complete = sum(image.review.is_complete for image in images)
    model = about.model
    name = "none" if model is None else f"{model.name} {model.version}, preset {model.preset}"
    rows = [
        ("Made", f"{about.made_at}, pneumo-viewer {__version__}"),
        ("Reader", about.reader or "not named"),
        ("Exams", f"{len(images)}, of which {complete} are reviewed to their end"),
        ("Verdicts", counts or "none on a whole exam"),
        ("Model", name),
        ("Fingerprint", "" if model is None else model.fingerprint),
        ("Threshold", f"{about.threshold:.2f}"),
        ("Audit trail", about.audit_head),
    ]
    note = (
        "Boxes of the detector are red, those that the reader drew or corrected amber; rejected "
        "ones are dashed and struck out. Pictures are reduced. The last line is the head of the "
        "audit trail when this report was made: pneumo-audit verify --head confirms it."
    )
    return [
        facts([row for row in rows if row[1]], _NAME),
        paragraph(note, SMALL),
        Spacer(1, 4 * mm),
    ]


def _exam(each: ExportedImage) -> list[Any]:
    image = each.image
    review = image.review
    rows = [
        ("Exam", _exam_verdict(review.exam_verdict)),
        *(
            ("", f"{said.value} {_AT_STAGE[stage]}")
            for stage, said in review.exam_verdicts_by_stage.items()
            if stage is not Stage.OPEN
        ),
        ("Reading", "" if review.stage is Stage.OPEN else _STAGES[review.stage]),
        ("Detector", "" if review.exam_score is None else f"exam score {review.exam_score:.2f}"),
        ("Comment", review.comment),
    ]
    width = WIDTH - _PICTURE - _GAP
    said: list[Any] = [facts([row for row in rows if row[1]], _NAME, width)]
    if review.findings:
        said.append(_findings(image, width))
    else:
        said.append(paragraph("No finding.", TEXT))
    if not review.is_complete:
        said.append(paragraph("Not reviewed to its end.", SMALL))
    beside = Table([[_picture(each), said]], colWidths=[_PICTURE + _GAP, width], hAlign="LEFT")
    beside.setStyle(
        TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    )
    heading = paragraph(patient_line(image.identity), _EXAM)
    file = f"{image.path.name} · {image.identity.sop_instance_uid}"
    source = paragraph(f"{exam_line(image.identity)}\n{file}", SMALL)
    return [heading, source, beside, Spacer(1, 2 * mm)]


def _exam_verdict(verdict: ExamVerdict | None) -> str:
    return "no verdict on the whole exam" if verdict is None else verdict.value


def _findings(image: ReviewedImage, width: float) -> Table:
    rows = [("", "Score", "Verdict", "Place, x y w h in pixels")]
    for number, finding in enumerate(image.review.findings, start=1):
        x0, y0, x1, y1 = finding.box
        score = "" if finding.score is None else f"{finding.score:.2f}"
        place = f"{x0:.0f}  {y0:.0f}  {x1 - x0:.0f}  {y1 - y0:.0f}"
        rows.append((str(number), score, finding.verdict.value, place))
    cells = [[paragraph(text, SMALL) for text in row] for row in rows]
    table = Table(
        cells, colWidths=[6 * mm, 12 * mm, 20 * mm, width - 40 * mm], hAlign="LEFT", repeatRows=1
    )
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.6, RULE), *narrow(), tight(1.0)]))
    return table


def _picture(each: ExportedImage) -> Drawing | Paragraph:
    identity = each.image.identity
    if not each.picture or not (identity.columns and identity.rows):
        return paragraph("The image cannot be shown.", SMALL)
    scale = _PICTURE / max(identity.columns, identity.rows)
    width, height = identity.columns * scale, identity.rows * scale
    drawing = Drawing(width, height)
    drawing.add(DrawnImage(0, 0, width, height, Image.open(io.BytesIO(each.picture))))
    for number, finding in enumerate(each.image.review.findings, start=1):
        drawing.add(_mark(number, finding, each.image, scale, height))
    return drawing


def _mark(
    number: int, finding: ReviewedFinding, image: ReviewedImage, scale: float, height: float
) -> Group:
    x0, y0, x1, y1 = (edge * scale for edge in image.clipped(finding.box))
    colour = _COLOURS.get(finding.verdict, DETECTION)
    is_rejected = finding.verdict is Verdict.REJECTED
    style: dict[str, Any] = {"strokeColor": colour, "strokeWidth": 0.8 if is_rejected else 1.4}
    if is_rejected:
        style["strokeDashArray"] = [3, 2]
    mark = Group(Rect(x0, height - y1, x1 - x0, y1 - y0, fillColor=None, **style))
    if is_rejected:
        mark.add(Line(x0, height - y1, x1, height - y0, **style))
    above = height - y0 + 2
    inside = min(above, height - 7)
    mark.add(String(x0 + 1, inside, str(number), fontSize=7, fillColor=colour))
    return mark
