"""Ground truth from files, matched to the images that are open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pneumo_viewer.review.images import IdentifiedImage
from pneumo_viewer.words import counted, tr
from training.datasets.truth import TruthTable, read_truth


@dataclass(frozen=True, eq=False, slots=True)
class LoadedTruth:
    """What one file says of the open images.

    Attributes
    ----------
    table
        What the file says of all images that it lists.
    boxes_by_key
        By image key, ``[N, 4]`` float32 x0 y0 x1 y1 in image pixels; none for a healthy image.
    unmatched
        Keys of the open images of which it says nothing.
    """

    table: TruthTable
    boxes_by_key: Mapping[str, NDArray[np.float32]]
    unmatched: tuple[str, ...]

    @property
    def matched(self) -> int:
        """Of how many open images it says something."""
        return len(self.boxes_by_key)

    @property
    def boxes(self) -> int:
        """How many boxes the open images have by it."""
        return sum(map(len, self.boxes_by_key.values()))


@dataclass(frozen=True, eq=False, slots=True)
class MergedTruth:
    """What several files say of the open images.

    Attributes
    ----------
    boxes_by_key
        As in `LoadedTruth`.
    conflicts
        Sentences on the files that disagree.
    """

    boxes_by_key: Mapping[str, NDArray[np.float32]]
    conflicts: tuple[str, ...]


def load_truth(path: Path, images: Iterable[IdentifiedImage]) -> LoadedTruth:
    """Read a file of ground truth and look up the images.

    Raises
    ------
    detector.errors.InputError
        The file cannot be opened or understood.
    """
    return match_truth(read_truth(path), images)


def match_truth(table: TruthTable, images: Iterable[IdentifiedImage]) -> LoadedTruth:
    """Look up images in a table that is read already, as more of them are opened."""
    boxes_by_key: dict[str, NDArray[np.float32]] = {}
    unmatched = []
    for image in images:
        boxes = table.find(image.identity)
        if boxes is None:
            unmatched.append(image.identity.key)
        else:
            boxes_by_key[image.identity.key] = boxes
    return LoadedTruth(table, boxes_by_key, tuple(unmatched))


def merge_truth(files: Sequence[LoadedTruth]) -> MergedTruth:
    """Join what several files say; where they disagree on an image, the later file counts."""
    boxes_by_key: dict[str, NDArray[np.float32]] = {}
    origins: dict[str, Path] = {}
    disagreements: dict[tuple[Path, Path], int] = {}
    for file in files:
        source = file.table.source
        for key, boxes in file.boxes_by_key.items():
            if key in boxes_by_key and not _are_same(boxes_by_key[key], boxes):
                pair = (origins[key], source)
                disagreements[pair] = disagreements.get(pair, 0) + 1
            boxes_by_key[key] = boxes
            origins[key] = source
    conflicts = tuple(
        counted(
            count,
            tr("{earlier} and {later} disagree on {n} image; {later} counts."),
            tr("{earlier} and {later} disagree on {n} images; {later} counts."),
            earlier=earlier.name,
            later=later.name,
        )
        for (earlier, later), count in disagreements.items()
    )
    return MergedTruth(boxes_by_key, conflicts)


def _are_same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether both hold the same boxes, in whatever order."""
    return sorted(one.tolist()) == sorted(other.tolist())
