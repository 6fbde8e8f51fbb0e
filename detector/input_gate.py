"""Whether the detector may be asked about an image at all: the adult's frontal chest radiograph.

What the header says is believed; where it is silent, the picture itself is compared with frontal
chests. The window declines to detect in a doubtful image until the reader asks for it all the same;
``pneumo-detect`` detects and calls the result doubtful.

The picture is compared by one measure. Cut to what was exposed, shrunk to :data:`SIDE` pixels a
side, with equalised histogram and unit norm, frontal chests form a cloud. :class:`ChestModel`
describes it by its mean and its first principal directions, the rest being noise of one variance
(probabilistic principal component analysis, Tipping and Bishop, J. R. Stat. Soc. B 61:611, 1999),
and measures the Mahalanobis distance from that mean: near 1 for the usual chest. A picture beyond
the model's limit is no frontal chest as it stands; if its negative, or the picture turned, lies
within, that says what is wrong with it. :mod:`training.input_gate` fits the model and measures the
error of every rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.dicom.grey_values import render
from detector.errors import InputError
from detector.radiograph import Code, ImageIdentity, Radiograph
from resources import CHEST_MODEL

SIDE: Final = 16
ADULT_YEARS: Final = 16.0
_RENDERED_SIDE: Final = 256
_CROP_SIDE: Final = 64
_EXTREME: Final = 12
"""Grey values this near to black or white count as not exposed, or not shielded."""
_BORDER_SHARE: Final = 0.7
"""Rows and columns at the edges with this share of either extreme are border."""

_CHEST_WORD = re.compile(r"CHEST|THORAX|TORAX|LUNG", re.IGNORECASE)
_FRONTAL_WORD = re.compile(r"\b(PA|AP)\b|POSTERO.?ANTERIOR|ANTERO.?POSTERIOR", re.IGNORECASE)
_OTHER_VIEW_WORD = re.compile(r"\b[LR](L|LD|LO|AO|PO)\b|LATERAL|\b(LAT|OBL|DECUB)", re.IGNORECASE)
_SNOMED: Final = {"SCT", "SRT", "SNM3", "99SDM"}
_CHEST_CODES: Final = {"816094009", "51185008", "T-D3000", "39607008", "T-28000"}
_FRONTAL_CODES: Final = {
    *("272479007", "R-10214", "R-40888"),  # postero-anterior
    *("399348003", "R-10206"),  # antero-posterior
    *("399033003", "R-10202"),  # frontal
}
_OTHER_MODALITIES: Final = {
    "MG": "mammography",
    "PX": "a panoramic radiograph",
    "IO": "an intra-oral radiograph",
    "XA": "angiography",
}


class Rule(Enum):
    """What can be wrong with an image; the values name it in lists and files."""

    NOT_CHEST = "not a chest"
    NOT_FRONTAL = "not frontal"
    UNLIKE_CHEST = "unlike a frontal chest"
    TURNED = "turned"
    INVERTED = "inverted"
    UNDER_16 = "under 16 years"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason why the detector's answer may mean nothing.

    Attributes
    ----------
    rule
        What seems to be wrong.
    evidence
        The header element with its value, or the measure with its limit, as the end of a sentence.
    """

    rule: Rule
    evidence: str

    @property
    def sentence(self) -> str:
        """For the reader."""
        return f"{self.rule.value[0].upper()}{self.rule.value[1:]}: {self.evidence}."


class DeclinedError(InputError):
    """The detector was not trained for such an image, and the reader has not asked for it yet."""

    kind = "the detector declines"
    advice = "Model → Detect in this image all the same."


@dataclass(frozen=True, eq=False, slots=True)
class ChestModel:
    """Frontal chest radiographs as a Gaussian cloud.

    Attributes
    ----------
    mean
        ``[SIDE²]`` float32 of the pictures as :func:`appearance` describes them.
    directions
        ``[K, SIDE²]`` float32 orthonormal principal directions.
    deviations
        ``[K]`` float32 standard deviations along them.
    noise
        Standard deviation along every other direction.
    limit
        Distances above it are no frontal chest's.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    deviations: NDArray[np.float32]
    noise: float
    limit: float

    def distance(self, picture: NDArray[np.uint8]) -> float:
        """Mahalanobis distance of cropped grey values ``[H, W]``, as the root of the mean square.

        Infinite for a picture of one grey value.
        """
        described = appearance(picture)
        if described is None:
            return np.inf
        offset = described - self.mean
        along = self.directions @ offset
        across = float(offset @ offset - along @ along) / self.noise**2
        return float(np.sqrt((np.sum((along / self.deviations) ** 2) + across) / SIDE**2))


def appearance(picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Describe cropped grey values ``[H, W]`` by ``[SIDE²]`` numbers with mean 0 and norm 1.

    Neither window nor contrast changes it much, since the histogram is equalised. None for a
    picture of one grey value.
    """
    values = cv2.equalizeHist(_shrunk(picture)).astype(np.float32).ravel()
    values -= values.mean()
    norm = float(np.linalg.norm(values))
    return values / norm if norm else None


def crop_to_exposed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the black or white borders off grey values ``[H, W]``: shutters, masks, bare film.

    A picture that is nearly all border stays as it is.
    """
    small = _shrunk(picture, _CROP_SIDE)
    extremes = np.stack([small <= _EXTREME, small >= 255 - _EXTREME])
    (top, bottom), (left, right) = (
        _first_and_end(extremes.mean(axis=axis).max(axis=0) < _BORDER_SHARE) for axis in (2, 1)
    )
    if min(bottom - top, right - left) < _CROP_SIDE // 4:
        return picture
    height, width = picture.shape
    rows = slice(top * height // _CROP_SIDE, -(-bottom * height // _CROP_SIDE))
    columns = slice(left * width // _CROP_SIDE, -(-right * width // _CROP_SIDE))
    return picture[rows, columns]


def _first_and_end(is_inside: NDArray[np.bool_]) -> tuple[int, int]:
    inside = np.flatnonzero(is_inside)
    return (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)


def _shrunk(picture: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def load_chest_model(path: Path = CHEST_MODEL) -> ChestModel:
    """Read what :mod:`training.input_gate` has fitted."""
    with np.load(path) as arrays:
        return ChestModel(
            arrays["mean"],
            arrays["directions"],
            arrays["deviations"],
            float(arrays["noise"]),
            float(arrays["limit"]),
        )


def examine(radiograph: Radiograph) -> tuple[Doubt, ...]:
    """Find every doubt about a radiograph, those from its header first.

    Only every n-th row and column is rendered: thousands are more than the measure sees.
    """
    step = max(1, min(radiograph.pixels.shape) // _RENDERED_SIDE)
    pixels = radiograph.pixels[::step, ::step].copy()
    return examine_picture(radiograph.identity, render(replace(radiograph, pixels=pixels)))


def examine_picture(identity: ImageIdentity, picture: NDArray[np.uint8]) -> tuple[Doubt, ...]:
    """Find every doubt about an image whose grey values ``[H, W]`` are at hand, at any size."""
    return *_header_doubts(identity), *_picture_doubts(identity, picture)


def _header_doubts(identity: ImageIdentity) -> Iterator[Doubt]:
    is_chest, evidence = _body_part(identity)
    if is_chest is False:
        yield Doubt(Rule.NOT_CHEST, evidence)
    is_frontal, evidence = _view(identity)
    if is_frontal is False:
        yield Doubt(Rule.NOT_FRONTAL, evidence)
    age = identity.patient_age_years
    if age is not None and age < ADULT_YEARS:
        shown = f"{int(age)} years" if age >= 2 else f"{12 * age:.0f} months"
        yield Doubt(
            Rule.UNDER_16, f"Patient's Age (0010,1010), or birth and study date, give {shown}"
        )


def _body_part(identity: ImageIdentity) -> tuple[bool | None, str]:
    """Whether the header says chest, None where it is silent, and how it says so."""
    if identity.modality in _OTHER_MODALITIES:
        meaning = _OTHER_MODALITIES[identity.modality]
        return False, f"Modality (0008,0060) is {identity.modality}, {meaning}"
    if identity.body_part:
        evidence = f"Body Part Examined (0018,0015) is {identity.body_part}"
        return bool(_CHEST_WORD.search(identity.body_part)), evidence
    region = identity.anatomic_region
    if region is not None and region.scheme in _SNOMED:
        return (
            region.value in _CHEST_CODES,
            f"Anatomic Region Sequence (0008,2218) is {_describe(region)}",
        )
    return None, ""


def _view(identity: ImageIdentity) -> tuple[bool | None, str]:
    """Whether the header says frontal, None where it is silent, and how it says so."""
    position = identity.view_position.replace("_", " ")
    for pattern, is_frontal in ((_OTHER_VIEW_WORD, False), (_FRONTAL_WORD, True)):
        if pattern.search(position):
            return is_frontal, f"View Position (0018,5101) is {identity.view_position}"
    if identity.view is not None and identity.view.scheme in _SNOMED:
        return (
            identity.view.value in _FRONTAL_CODES,
            f"View Code Sequence (0054,0220) is {_describe(identity.view)}",
        )
    if identity.patient_orientation:
        shown = "\\".join(identity.patient_orientation)
        is_frontal = not any(side[:1] in ("A", "P") for side in identity.patient_orientation)
        return is_frontal, f"Patient Orientation (0020,0020) is {shown}"
    return None, ""


def _describe(code: Code) -> str:
    return f"{code.meaning} ({code.value}, {code.scheme})"


def _picture_doubts(identity: ImageIdentity, picture: NDArray[np.uint8]) -> Iterator[Doubt]:
    is_chest, is_frontal = _body_part(identity)[0], _view(identity)[0]
    if False in (is_chest, is_frontal):
        return  # the picture cannot say more than that
    model = _chest_model()
    small = _shrunk(crop_to_exposed(picture))
    distance = model.distance(small)
    if distance <= model.limit:
        return
    found = f"its distance from frontal chests is {distance:.2f}, above the limit {model.limit:.2f}"
    variants = [
        (Rule.INVERTED, "of its negative", ~small),
        *(
            (Rule.TURNED, f"turned by {90 * turns}°", np.ascontiguousarray(np.rot90(small, turns)))
            for turns in (1, 2, 3)
        ),
    ]
    distances = [model.distance(variant) for _, _, variant in variants]
    best = int(np.argmin(distances))
    if distances[best] <= model.limit:
        rule, how, _ = variants[best]
        yield Doubt(rule, f"{found}, and {distances[best]:.2f} {how}")
    elif not (is_chest and is_frontal):
        yield Doubt(Rule.UNLIKE_CHEST, found)


@cache
def _chest_model() -> ChestModel:
    return load_chest_model()
