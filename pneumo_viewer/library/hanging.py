"""Which image hangs in which viewport.

The first viewport shows the current image of the review and nothing else. What hangs beside it was
put there by the reader or is another exam of the same patient.
"""

from __future__ import annotations

from dataclasses import dataclass

from pneumo_viewer.library.index import StudyIndex
from pneumo_viewer.library.priors import other_exams, relation_of
from pneumo_viewer.words import mark

LAYOUTS = (1, 2, 4)
"""How many viewports there can be."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What hangs in one viewport beside the current image.

    Attributes
    ----------
    key
        Of the image; None where there is none.
    relation
        How its exam stands to the current one in time; "" where both are the same.
    is_other_patient
        Whether it shows another patient than the current image.
    title, message
        Why there is no image.
    """

    key: str | None = None
    relation: str = ""
    is_other_patient: bool = False
    title: str = ""
    message: str = ""


_EMPTY = Cell(
    title=mark("Empty viewport"),
    message=mark(
        "Drag an image here from the worklist, or choose View → Layout → Compare with prior."
    ),
)
_NO_PATIENT_ID = Cell(
    title=mark("No prior"),
    message=mark("This image names no patient id, so no exam is surely the same patient's."),
)
_NO_PRIOR = Cell(title=mark("No prior"), message=mark("No other exam of this patient is open."))
_NO_FURTHER = Cell(
    title=mark("No further exam"), message=mark("All open exams of this patient are shown.")
)


class Hanging:
    """How many viewports there are, which one is active or maximised, and what hangs in them.

    Parameters
    ----------
    chosen
        How many viewports the reader chose: 1, 2 or 4.
    is_comparing
        Whether other exams of the patient hang beside the current one; takes two viewports.
    """

    def __init__(self, chosen: int = 1, is_comparing: bool = False) -> None:
        self._chosen = chosen
        self._is_comparing = is_comparing
        self._active = 0
        self._is_maximised = False
        self._patient: str | None = None
        self._placed: dict[int, str] = {}

    @property
    def chosen(self) -> int:
        """How many viewports the reader chose."""
        return self._chosen

    @property
    def is_comparing(self) -> bool:
        """Whether other exams of the patient hang beside the current one."""
        return self._is_comparing

    @property
    def count(self) -> int:
        """How many viewports there are."""
        return max(self._chosen, 2) if self._is_comparing else self._chosen

    @property
    def active(self) -> int:
        """Place of the viewport on which tools and windows act."""
        return self._active

    @property
    def visible(self) -> tuple[int, ...]:
        """Places of the viewports that are seen: all, or the maximised one."""
        return (self._active,) if self._is_maximised else tuple(range(self.count))

    def choose(self, count: int) -> None:
        """Have so many viewports; one alone ends the comparing."""
        self._chosen = count
        self._is_comparing = self._is_comparing and count > 1
        self._lay_out()

    def compare(self, is_comparing: bool) -> None:
        """Hang other exams of the patient beside the current one, or no longer."""
        self._is_comparing = is_comparing
        self._placed.clear()
        self._lay_out()

    def activate(self, place: int) -> None:
        """Let tools and windows act on a viewport that is seen."""
        if place in self.visible:
            self._active = place

    def activate_next(self) -> None:
        """Go to the next viewport that is seen; after the last comes the first."""
        visible = self.visible
        self._active = visible[(visible.index(self._active) + 1) % len(visible)]

    def toggle_maximised(self, place: int) -> bool:
        """Show one viewport alone, or all again; say whether there is more than one."""
        if self.count == 1:
            return False
        self._active = place
        self._is_maximised = not self._is_maximised
        return True

    def show_current(self) -> None:
        """Make the current image's viewport the active one, and see to it that it is seen."""
        self._is_maximised = self._is_maximised and self._active == 0
        self._active = 0

    def place(self, place: int, key: str) -> None:
        """Hang an image beside the current one, for as long as the patient stays the same."""
        if place >= self.count:
            self.choose(min(count for count in LAYOUTS if count > place))
        self._placed[place] = key
        self._is_maximised = False

    def arrange(self, index: StudyIndex, current: str | None) -> list[Cell]:
        """What hangs in the viewports after the first."""
        patient = None if current is None else index.place(current)[0].id
        if patient != self._patient:
            self._patient = patient
            self._placed.clear()
        if current is None:
            return (self.count - 1) * [_EMPTY]
        others = iter(self._others(index, current))
        return [
            self._placed_cell(index, current, place)
            if place in self._placed
            else next(others, _NO_FURTHER if self._is_comparing else _EMPTY)
            for place in range(1, self.count)
        ]

    def _others(self, index: StudyIndex, current: str) -> list[Cell]:
        if not self._is_comparing:
            return []
        exams = other_exams(index, current)
        if not exams:
            cell = _NO_PATIENT_ID if exams is None else _NO_PRIOR
            return (self.count - 1) * [cell]
        placed = self._placed.values()
        return [Cell(e.image.key, e.relation) for e in exams if e.image.key not in placed]

    def _placed_cell(self, index: StudyIndex, current: str, place: int) -> Cell:
        key = self._placed[place]
        if index.place(key)[0] is not index.place(current)[0]:
            return Cell(key, is_other_patient=True)
        return Cell(key, relation_of(index, current, key))

    def _lay_out(self) -> None:
        self._is_maximised = False
        if self._active >= self.count:
            self._active = 0
        self._placed = {place: key for place, key in self._placed.items() if place < self.count}
