"""Nothing that is judged may have been trained on: the checks that stop a run.

Between any two splits, patients, SOP Instance UIDs, stored pixels and looks must differ. Looks are
compared by a perceptual hash after Zauner, "Implementation and Benchmarking of Perceptual Image
Hash Functions" (2010): low DCT coefficients against their median. Chest radiographs look alike, so
that 64 bits cannot tell patients apart: at a distance of 4, 60 of 5.9 million pairs are mistaken.
Hence 256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from training.datasets.labelled_image import DataSetError
from training.datasets.prepared_images import PreparedImages
from training.datasets.splits import require_disjoint_patients

HASHED_SIDE = 64
"""Side to which an image is brought, in pixels."""

COEFFICIENTS = 16
"""Lowest frequencies that are hashed, along each axis."""

SAME_DISTANCE = 32
"""Bits of 256 up to which two images count as one.

Of 5,876,207 pairs of radiographs of different patients (RSNA and NIH, 3,429 radiographs) none is
nearer than 44. A copy stored at half the resolution, as JPEG of quality 50, with noise, another
gamma (0.7 to 1.4) or another window is at most 32 away; one with CLAHE or a border of 2 % cut off,
24 and 46 in the median, is not always found.
"""

_CHUNK = 1024
"""Images whose distances to all others are in memory at a time."""


def require_no_leakage(splits: Mapping[str, PreparedImages]) -> None:
    """Refuse splits that share a patient, an instance, pixels or the look of an image.

    Parameters
    ----------
    splits
        By their names for messages, such as "the training images". Their sizes may differ.

    Raises
    ------
    DataSetError
        Names both images and their splits, but no patient.
    """
    require_disjoint_patients({name: split.images for name, split in splits.items()})
    hashes = {name: perceptual_hashes(split.pixels) for name, split in splits.items()}
    for one, other in combinations(splits, 2):
        first, second = splits[one], splits[other]
        for found, kind in (
            (_shared(first.sop_instance_uids, second.sop_instance_uids), "are the same instance"),
            (_shared(first.digests, second.digests), "have the same pixels"),
            (find_alike(hashes[one], hashes[other]), "look like the same radiograph"),
        ):
            if found is not None:
                raise DataSetError(
                    f"{first.images[found[0]].name} of {one} and {second.images[found[1]].name} of "
                    f"{other} {kind}. Remove one of them."
                )


def perceptual_hashes(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash the look of images ``[N, S, S]`` into 256 bits each, ``[N, 4]``."""
    side = (HASHED_SIDE, HASHED_SIDE)
    small = np.empty((len(pixels), *side), np.float32)
    for index, image in enumerate(pixels):
        small[index] = cv2.resize(image, side, interpolation=cv2.INTER_AREA)
    frequencies = dctn(small, axes=(1, 2), norm="ortho")[:, :COEFFICIENTS, :COEFFICIENTS]
    frequencies = frequencies.reshape(len(pixels), COEFFICIENTS**2)
    # The first is the mean grey value, which says nothing of the look.
    median = np.median(frequencies[:, 1:], axis=1, keepdims=True)
    return np.packbits(frequencies > median, axis=1).view(np.uint64)


def find_alike(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> tuple[int, int] | None:
    """The indices of the first two hashes of ``[N, 4]`` and ``[M, 4]`` that mean one image."""
    for start in range(0, len(first), _CHUNK):
        chunk = first[start : start + _CHUNK]
        distances = sum(
            np.bitwise_count(chunk[:, None, word] ^ second[None, :, word]).astype(np.uint16)
            for word in range(second.shape[1])
        )
        rows, columns = np.nonzero(distances <= SAME_DISTANCE)
        if len(rows):
            return start + int(rows[0]), int(columns[0])
    return None


def _shared(first: Sequence[str], second: Sequence[str]) -> tuple[int, int] | None:
    """Places of a text that both hold; "" says that it is not known."""
    places = {text: place for place, text in enumerate(first) if text}
    for place, text in enumerate(second):
        if text in places:
            return places[text], place
    return None
