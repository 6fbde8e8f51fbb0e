"""One row of the worklist: what it stands for, and what its cells say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum
from types import MappingProxyType

from detector.input_gate import Doubt
from pneumo_viewer.facts import exam_line, image_line, patient_line, study_line
from pneumo_viewer.library.found import Refusal
from pneumo_viewer.library.index import Patient, Study, StudyImage
from pneumo_viewer.panels.exam import EXAM_ANSWERS
from pneumo_viewer.review.evaluation import NO_FAILURES
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.review.state import ExamState, ReviewState
from pneumo_viewer.words import mark, tr


class Column(IntEnum):
    """What the columns show."""

    STUDY = 0
    SCORE = 1
    READ = 2
    VERDICT = 3
    TRUTH = 4


HEADINGS = {
    Column.STUDY: (mark("Study"), mark("Patient, study and image")),
    Column.SCORE: (
        mark("Exam"),
        mark("Probability of pneumonia by the detector; click to sort for triage"),
    ),
    Column.READ: (
        mark("Read"),
        mark("Findings with a verdict, of those at or above the threshold"),
    ),
    Column.VERDICT: (mark("Verdict"), mark("Pneumonia or not, by the reader")),
    Column.TRUTH: (mark("Truth"), mark("Boxes of the ground truth; – where it is unknown")),
}


_ORDER = (ExamVerdict.NO_PNEUMONIA, ExamVerdict.UNSURE, ExamVerdict.PNEUMONIA)
NO_DOUBTS: Mapping[str, Sequence[Doubt]] = MappingProxyType({})


class Kind(Enum):
    """What a row stands for."""

    PATIENT = "patient"
    STUDY = "study"
    IMAGE = "image"
    REFUSALS = "refusals"
    REFUSAL = "refusal"


class Node:
    """One row."""

    __slots__ = ("children", "id", "image", "kind", "lines", "parent", "refusal")

    def __init__(
        self,
        kind: Kind,
        node_id: str,
        lines: tuple[str, str],
        parent: Node | None,
        image: StudyImage | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.kind = kind
        self.id = node_id
        self.lines = lines
        self.parent = parent
        self.image = image
        self.refusal = refusal
        self.children: list[Node] = []

    @property
    def key(self) -> str | None:
        """Key of the row's image, if it stands for one."""
        return None if self.image is None else self.image.identity.key

    @property
    def first_key(self) -> str | None:
        """Key of the first image in the row or below it, if there is one."""
        below = (child.first_key for child in self.children)
        return self.key or next((key for key in below if key is not None), None)


def patient_node(patient: Patient) -> Node:
    """The row of a patient without those below it."""
    first = patient.studies[0].images[0]
    name = patient_line(first.identity)
    if len(patient.studies) == len(patient.studies[0].images) == 1:
        return Node(Kind.IMAGE, patient.id, (name, exam_line(first.identity)), None, first)
    return Node(Kind.PATIENT, patient.id, (name, ""), None)


def study_node(study: Study) -> Node:
    """The row of a study without those below it."""
    return Node(Kind.STUDY, study.id, (study_line(study.images[0].identity), ""), None)


def image_node(image: StudyImage) -> Node:
    lines = image_line(image.identity), image.path.name
    return Node(Kind.IMAGE, image.key, lines, None, image)


class RowTexts:
    """What the cells of a row say, in words and as the order of rows.

    Parameters
    ----------
    state
        Knows scores, verdicts and truth.
    not_scored
        By image key, why the detector could not score it; looked into, never changed.
    doubts
        By image key, why its score may mean nothing; looked into, never changed.
    """

    def __init__(
        self,
        state: ReviewState,
        not_scored: Mapping[str, str] = NO_FAILURES,
        doubts: Mapping[str, Sequence[Doubt]] = NO_DOUBTS,
    ) -> None:
        self._state = state
        self._not_scored = not_scored
        self._doubts = doubts
        self.has_reasons = False
        """Whether each score is shown with the boxes that it comes from."""

    def problem(self, node: Node) -> str:
        """Why the detector could not score the row's image, or ""."""
        return "" if node.key is None else tr(self._not_scored.get(node.key, ""))

    def second_line(self, node: Node) -> str:
        """What stands below the first line of a row: in order of the score, the reason for it."""
        reason = self._reason(node.key) if self.has_reasons and node.key is not None else ""
        return self.problem(node) or reason or node.lines[1]

    def _reason(self, key: str) -> str:
        if not self._state.stage(key).shows_detector or self._state.exam_score(key) is None:
            return ""
        shown = self._state.shown_findings(key)
        scores = [finding.score for finding in shown if finding.score is not None]
        if not scores:
            return tr("no box ≥ {threshold:.2f}", threshold=self._state.threshold)
        if len(scores) == 1:
            return tr("1 box, {score:.2f}", score=scores[0])
        return tr("{count} boxes, best {score:.2f}", count=len(scores), score=max(scores))

    def figure(self, node: Node, column: Column) -> str:
        """What stands in a column beside the first."""
        key = node.key
        if key is None:
            return ""
        if column is Column.VERDICT:
            verdict = self._state.exam_verdict(key)
            return "" if verdict is None else tr(EXAM_ANSWERS[verdict])
        if column is Column.TRUTH:
            truth = self._state.truth(key)
            return "–" if truth is None else str(len(truth))
        if not self._state.stage(key).shows_detector:
            is_read = self._state.exam_state(key) is ExamState.DONE
            return "✓" if is_read and column is Column.READ else ""
        score = self._state.exam_score(key)
        if score is None:
            if column is Column.READ:
                return ""
            return "⚠" if key in self._not_scored else "…"
        if column is Column.SCORE:
            return f"⚠ {score:.2f}" if self._doubts.get(key) else f"{score:.2f}"
        decided, shown = self._state.progress(key)
        tick = "✓ " if self._state.exam_state(key) is ExamState.DONE else ""
        return f"{tick}{decided}/{shown}"

    def sort_value(self, node: Node, column: Column) -> float:
        """Larger values come first in triage order."""
        key = node.key
        if key is None:
            return max((self.sort_value(child, column) for child in node.children), default=-1.0)
        if column is Column.VERDICT:
            verdict = self._state.exam_verdict(key)
            return -1.0 if verdict is None else _ORDER.index(verdict)
        if column is Column.TRUTH:
            truth = self._state.truth(key)
            return -1.0 if truth is None else float(len(truth))
        score = self._state.exam_score(key)
        if score is None:
            return -1.0
        if column is Column.SCORE:
            return score
        decided, shown = self._state.progress(key)
        return decided / max(shown, 1)

    @staticmethod
    def searched(node: Node) -> str:
        """What a filter looks into."""
        path = (
            node.image.path.name if node.image else node.refusal.path.name if node.refusal else ""
        )
        return " ".join((*node.lines, path))

    def spoken(self, node: Node) -> str:
        """Everything that is known of the row, a line each."""
        if node.refusal is not None:
            return f"{node.refusal.path}\n{node.refusal.reason}"
        if node.image is None:
            return node.lines[0]
        lines = [*node.lines, str(node.image.path), self.problem(node)]
        lines.extend(doubt.sentence for doubt in self._doubts.get(node.image.key, ()))
        lines.extend(tr("Also in: {path}", path=path) for path in node.image.other_paths)
        lines.extend(node.image.notes)
        lines.extend(
            f"{tr(HEADINGS[column][0])}: {text}"
            for column in (Column.SCORE, Column.READ, Column.VERDICT, Column.TRUTH)
            if (text := self.figure(node, column))
        )
        return "\n".join(line for line in lines if line)
