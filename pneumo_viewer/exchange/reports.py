"""Structured reports and presentation states in, by whomever, as far as they draw on images.

Measurement groups are looked for wherever they stand. Of their regions those in image coordinates
(SCOORD) become boxes, whatever their shape; points, regions in space (SCOORD3D) and segmentations
do not. A box that names an algorithm and no reader's verdict is undecided; one that names neither
was drawn by a person.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pydicom
from pydicom.sr.coding import Code
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from detector.detections import ModelIdentity
from detector.dicom.elements import Elements, quiet_pydicom
from detector.errors import InputError
from detector.files import access_error
from pneumo_viewer.exchange import concepts
from pneumo_viewer.exchange.records import Review, ReviewedFinding
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import Box, ExamVerdict, Verdict

_VERDICT_OF: Final = {code.value: verdict for verdict, code in concepts.VERDICTS.items()}
_EXAM_VERDICT_OF: Final = {code.value: said for said, code in concepts.EXAM_VERDICTS.items()}
_VERDICT_OF_LAYER: Final = {verdict.name: verdict for verdict in Verdict}
_STAGE_OF: Final = {code.value: stage for stage, code in concepts.STAGES.items()}


class NotAReportError(InputError):
    """A file from which no boxes can be read."""

    kind = "no report on images"
    advice = "Give a structured report or a presentation state with regions on images."


def read_object(path: Path) -> Elements:
    """Read a DICOM object without pixels.

    Raises
    ------
    FileAccessError
        It cannot be opened.
    NotAReportError
        It is no DICOM file.
    """
    with quiet_pydicom():
        try:
            return Elements(pydicom.dcmread(path, stop_before_pixels=True), [])
        except pydicom.errors.InvalidDicomError as error:
            raise NotAReportError(str(path), "it is no DICOM file") from error
        except OSError as error:
            raise access_error(path, error) from error


def is_structured_report(path: Path) -> bool:
    """Whether a DICOM file holds a tree of content items (PS3.3 C.17.3).

    Raises
    ------
    InputError
        It cannot be opened, or is no DICOM file.
    """
    report = read_object(path)
    return "ContentSequence" in report or report.text("Modality") == "SR"


def title_of(path: Path) -> str:
    """The name of a report's root (PS3.3 C.17.3.2.4), or "".

    Raises
    ------
    InputError
        It cannot be opened, or is no DICOM file.
    """
    name = read_object(path).code("ConceptNameCodeSequence")
    return "" if name is None else name.meaning


def read_structured_report(path: Path) -> dict[str, Review]:
    """Read what a structured report says of images.

    Returns
    -------
    dict
        By SOP Instance UID. Only images of which it says something are in it.

    Raises
    ------
    InputError
        It cannot be opened or is no structured report.
    """
    report = read_object(path)
    root = _Item(report)
    if root.kind != "CONTAINER":
        raise NotAReportError(str(path), "it is no structured report")
    items = list(root.walk())
    reader = next((item.person for item in items if item.is_named(concepts.PERSON_NAME)), "")
    drafts: dict[str, _Draft] = {}
    for group in items:
        if group.is_named(concepts.MEASUREMENT_GROUP):
            _take_group(group, root, drafts)
    is_complete = report.text("CompletionFlag") == "COMPLETE"
    return {image: draft.review(reader, is_complete) for image, draft in drafts.items()}


def read_presentation_state(path: Path) -> dict[str, Review]:
    """Read the boxes that a presentation state draws on images.

    Shapes in pixel coordinates become boxes. Those in a layer that this program named have its
    verdict; others were drawn by a person.

    Returns
    -------
    dict
        By SOP Instance UID, every image that the state refers to.

    Raises
    ------
    InputError
        It cannot be opened or is no Grayscale Softcopy Presentation State.
    """
    state = read_object(path)
    if state.text("SOPClassUID") != GrayscaleSoftcopyPresentationStateStorage:
        raise NotAReportError(str(path), "it is no Grayscale Softcopy Presentation State")
    found: dict[str, list[ReviewedFinding]] = {
        image.text("ReferencedSOPInstanceUID"): []
        for series in state.items("ReferencedSeriesSequence")
        for image in series.items("ReferencedImageSequence")
    }
    for annotation in state.items("GraphicAnnotationSequence"):
        images = annotation.items("ReferencedImageSequence")
        named = [image.text("ReferencedSOPInstanceUID") for image in images] or list(found)
        for finding in _findings(annotation):
            for image in named:
                found.setdefault(image, []).append(finding)
    return {image: review_of_boxes(findings) for image, findings in found.items()}


@dataclass(slots=True)
class _Draft:
    findings: list[ReviewedFinding] = field(default_factory=list)
    exam: Review = field(default_factory=Review)

    def review(self, reader: str, is_complete: bool) -> Review:
        boxes = review_of_boxes(self.findings)
        return replace(
            self.exam,
            reader=reader,
            findings=boxes.findings,
            is_complete=is_complete or boxes.is_complete,
        )


class _Item:
    """A content item, PS3.3 C.17.3."""

    def __init__(self, elements: Elements) -> None:
        self._elements = elements

    @property
    def kind(self) -> str:
        return self._elements.text("ValueType")

    @property
    def children(self) -> list[_Item]:
        return [_Item(item) for item in self._elements.items("ContentSequence")]

    @property
    def person(self) -> str:
        return self._elements.text("PersonName").rstrip("^")

    @property
    def text(self) -> str:
        return "".join(map(str, self._elements.values("TextValue")[:1]))

    @property
    def code_value(self) -> str:
        code = self._elements.code("ConceptCodeSequence")
        return "" if code is None else code.value

    @property
    def code_meaning(self) -> str:
        code = self._elements.code("ConceptCodeSequence")
        return "" if code is None else code.meaning

    @property
    def number(self) -> float | None:
        for measured in self._elements.items("MeasuredValueSequence"):
            return measured.number("NumericValue")
        return None

    @property
    def image(self) -> str:
        """SOP Instance UID of the image that it refers to, or ""."""
        for reference in self._elements.items("ReferencedSOPSequence"):
            return reference.text("ReferencedSOPInstanceUID")
        return ""

    @property
    def box(self) -> Box | None:
        """What bounds its graphic, PS3.3 C.18.6.1.1."""
        points = self._elements.numbers("GraphicData")
        return bounding_box(self._elements.text("GraphicType"), points)

    def is_named(self, name: Code) -> bool:
        code = self._elements.code("ConceptNameCodeSequence")
        return code is not None and (code.value, code.scheme) == (
            name.value,
            name.scheme_designator,
        )

    def named(self, name: Code) -> list[_Item]:
        return [child for child in self.children if child.is_named(name)]

    def walk(self) -> Iterator[_Item]:
        yield self
        for child in self.children:
            yield from child.walk()

    def images(self, root: _Item) -> list[str]:
        """Of itself and what it contains, references to other items included (C.17.3.2.5)."""
        found = []
        for item in self.walk():
            target: _Item | None = item
            path = item._elements.numbers("ReferencedContentItemIdentifier")
            if path:
                target = root.at([int(step) for step in path[1:]])
            if target is not None and target.image:
                found.append(target.image)
        return found

    def at(self, path: Sequence[int]) -> _Item | None:
        """The item that numbers, counted from 1, lead to."""
        item = self
        for step in path:
            children = item.children
            if not 1 <= step <= len(children):
                return None
            item = children[step - 1]
        return item


def bounding_box(graphic: str, points: Sequence[float]) -> Box | None:
    """The box around a graphic given as column, row, column, row ...; None for what has no area.

    A polyline is bounded by its points. A circle is its centre and a point on it; an ellipse the
    ends of its major and of its minor axis.
    """
    columns, rows = points[0::2], points[1::2]
    if not columns or len(columns) != len(rows):
        return None
    match graphic:
        case "POLYLINE" | "INTERPOLATED":
            box = min(columns), min(rows), max(columns), max(rows)
        case "CIRCLE" if len(columns) == 2:
            radius = math.hypot(columns[1] - columns[0], rows[1] - rows[0])
            x, y = columns[0], rows[0]
            box = x - radius, y - radius, x + radius, y + radius
        case "ELLIPSE" if len(columns) == 4:
            # x(t) = cx + a cos t + b sin t for the half axes a, b: it reaches cx ± √(a² + b²).
            x, y = (columns[0] + columns[1]) / 2, (rows[0] + rows[1]) / 2
            half_width = math.hypot(columns[1] - columns[0], columns[3] - columns[2]) / 2
            half_height = math.hypot(rows[1] - rows[0], rows[3] - rows[2]) / 2
            box = x - half_width, y - half_height, x + half_width, y + half_height
        case _:
            return None
    return box if box[0] < box[2] and box[1] < box[3] else None


def review_of_boxes(findings: Sequence[ReviewedFinding]) -> Review:
    """A review of which nothing but boxes is known; it is complete if a person drew them all."""
    is_drawn = bool(findings) and all(one.verdict is Verdict.ADDED for one in findings)
    return Review(findings=tuple(findings), is_complete=is_drawn)


def _take_group(group: _Item, root: _Item, drafts: dict[str, _Draft]) -> None:
    regions = [child for child in group.children if child.kind in ("SCOORD", "SCOORD3D")]
    model = _model(group)
    score = next((item.number for item in group.named(concepts.PROBABILITY)), None)
    for region in regions:
        for image in region.images(root)[:1]:
            if region.kind == "SCOORD" and (box := region.box) is not None:
                finding = ReviewedFinding(
                    box=box,
                    verdict=_verdict(group, model),
                    score=score,
                    model=model,
                    finding=next((item.code_meaning for item in group.named(concepts.FINDING)), ""),
                    stage=_stage(group),
                )
                drafts.setdefault(image, _Draft()).findings.append(finding)
    if not regions:
        exam = _exam(group, score, model)
        for image in dict.fromkeys(group.images(root)):
            drafts.setdefault(image, _Draft()).exam = exam


def _exam(group: _Item, score: float | None, model: ModelIdentity | None) -> Review:
    by_stage = {stage: _exam_verdict(group, name) for stage, name in concepts.PNEUMONIA_AT.items()}
    return Review(
        exam_verdict=_exam_verdict(group, concepts.PNEUMONIA),
        comment=next((item.text for item in group.named(concepts.COMMENT)), ""),
        exam_score=score,
        model=model,
        stage=_stage(group) or Stage.OPEN,
        exam_verdicts_by_stage={
            stage: verdict for stage, verdict in by_stage.items() if verdict is not None
        },
    )


def _stage(group: _Item) -> Stage | None:
    stages = [_STAGE_OF.get(item.code_value) for item in group.named(concepts.STAGE)]
    return next(iter(stages), None)


def _exam_verdict(group: _Item, name: Code) -> ExamVerdict | None:
    verdicts = [_EXAM_VERDICT_OF.get(item.code_value) for item in group.named(name)]
    return next(iter(verdicts), None)


def _verdict(group: _Item, model: ModelIdentity | None) -> Verdict:
    for item in group.named(concepts.VERDICT):
        if item.code_value in _VERDICT_OF:
            return _VERDICT_OF[item.code_value]
    return Verdict.ADDED if model is None else Verdict.UNDECIDED


def _model(group: _Item) -> ModelIdentity | None:
    names = group.named(concepts.ALGORITHM_NAME)
    if not names:
        return None
    parameters = [item.text for item in group.named(concepts.ALGORITHM_PARAMETERS)]

    def parameter(prefix: str) -> str:
        return next((p.removeprefix(prefix) for p in parameters if p.startswith(prefix)), "")

    return ModelIdentity(
        name=names[0].text,
        version=next((item.text for item in group.named(concepts.ALGORITHM_VERSION)), ""),
        fingerprint=parameter(concepts.FINGERPRINT_PARAMETER),
        preset=parameter(concepts.PRESET_PARAMETER),
    )


def _findings(annotation: Elements) -> list[ReviewedFinding]:
    layer = annotation.text("GraphicLayer")
    verdict = _VERDICT_OF_LAYER.get(layer, Verdict.ADDED)
    return [
        ReviewedFinding(box, verdict)
        for graphic in annotation.items("GraphicObjectSequence")
        if graphic.text("GraphicAnnotationUnits") == "PIXEL"
        and (box := bounding_box(graphic.text("GraphicType"), graphic.numbers("GraphicData")))
    ]
