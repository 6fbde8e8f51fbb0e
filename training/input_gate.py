"""Fit the input gate's picture of a frontal chest, and measure every rule of the gate.

``python -m training.input_gate fit`` fits :class:`detector.input_gate.ChestModel` to the NIH
ChestX-ray14 images (Wang et al., CVPR 2017) of half the patients, those with even numbers; the
other half, and all other data, only measure. The model holds a mean, principal directions and
variances of hundreds of images, and no image.

``python -m training.input_gate measure`` prints the error of every rule as a Markdown table.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.errors import InputError
from detector.input_gate import (
    ADULT_YEARS,
    SIDE,
    ChestModel,
    Rule,
    appearance,
    crop_to_exposed,
    examine_picture,
)
from detector.radiograph import ImageIdentity
from resources import CHEST_MODEL
from training.datasets.nih import ENTRY_TABLE
from training.datasets.rsna import IMAGES, PATIENTS
from training.evaluation.intervals import wilson_interval
from training.terminal import command_application

DIRECTIONS: Final = 16
FOLDS: Final = 4
WITHIN_LIMIT: Final = 0.995
"""Share of the images left out of a fit that the limit lets pass."""
_SIZE: Final = 256
"""Pictures are held at this size; the gate shrinks them much further."""
_PICTURE_RULES: Final = (Rule.UNLIKE_CHEST, Rule.INVERTED, Rule.TURNED)
_SMALLEST: Final = 64
_SAME_WITHIN: Final = 6.0
"""Mean difference in grey values up to which two files show one picture."""

_application = command_application()
_Folder = Annotated[Path, typer.Option("--data", help="Folder with nih/, rsna/ and the others.")]


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """One image to examine.

    Attributes
    ----------
    identity
        What its header says; for images without one, only who is silent.
    picture
        ``[H, W]`` grey values.
    patient
        NIH's number of the patient, or "".
    age
        In years as the data set's table has it, or None.
    """

    identity: ImageIdentity
    picture: NDArray[np.uint8]
    patient: str = ""
    age: float | None = None

    @property
    def is_adult(self) -> bool:
        return self.age is None or self.age >= ADULT_YEARS


@_application.command()
def fit(data: _Folder, out: Path = CHEST_MODEL) -> None:
    """Fit the model to half of NIH's patients and write it."""
    samples = [sample for sample in read_nih(data / "nih") if is_for_fitting(sample)]
    pictures = np.stack([_shrunk(crop_to_exposed(sample.picture), SIDE) for sample in samples])
    numbers = np.array([int(sample.patient) // 2 for sample in samples])
    left_out = [
        model.distance(picture)
        for fold in range(FOLDS)
        for model in [fit_model(describe(pictures[numbers % FOLDS != fold]))]
        for picture in pictures[numbers % FOLDS == fold]
    ]
    limit = round(float(np.quantile(left_out, WITHIN_LIMIT)), 2)
    model = replace(fit_model(describe(pictures)), limit=limit)
    np.savez_compressed(
        out,
        mean=model.mean,
        directions=model.directions,
        deviations=model.deviations,
        noise=np.float32(model.noise),
        limit=np.float32(model.limit),
    )
    typer.echo(
        f"{out}: {len(samples)} images of {len({sample.patient for sample in samples})} patients; "
        f"limit {model.limit:.2f}, distances of images left out up to {max(left_out):.2f}, "
        f"median {np.median(left_out):.2f}."
    )


def fit_model(described: NDArray[np.float32]) -> ChestModel:
    """Fit mean, directions and noise to ``[N, SIDE²]`` described pictures, without a limit."""
    mean = described.mean(axis=0)
    _, singular, directions = np.linalg.svd(described - mean, full_matrices=False)
    variances = singular**2 / len(described)
    noise = variances[DIRECTIONS:].sum() / (SIDE**2 - DIRECTIONS)
    return ChestModel(
        mean.astype(np.float32),
        directions[:DIRECTIONS].astype(np.float32),
        np.sqrt(variances[:DIRECTIONS]).astype(np.float32),
        float(np.sqrt(noise)),
        np.inf,
    )


def describe(pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Describe many cropped pictures, ``[N, SIDE²]``; flat ones are left out."""
    described = (appearance(picture) for picture in pictures)
    return np.stack([values for values in described if values is not None])


def is_for_fitting(sample: Sample) -> bool:
    """Whether an NIH image belongs to the half that is fitted."""
    return int(sample.patient) % 2 == 0


# What is measured


def read_nih(folder: Path) -> list[Sample]:
    """Every NIH image, as a picture without a header."""
    with (folder / ENTRY_TABLE).open(newline="") as table:
        rows = list(csv.DictReader(table))
    files = {path.stem: path for path in (folder / "images").iterdir()}
    return [
        Sample(
            _silent(row["Image Index"]),
            _picture(files[Path(row["Image Index"]).stem]),
            row["Patient ID"],
            float(row["Patient Age"]),
        )
        for row in rows
    ]


def read_rsna(folder: Path) -> list[Sample]:
    """Every exam of the challenge's folder, with its header."""
    with (folder / PATIENTS).open(newline="") as table:
        rows = list(csv.DictReader(table))
    samples = []
    for row in rows:
        radiograph = read_radiograph(folder / IMAGES / f"{row['patientId']}.dcm")
        picture = _shrunk(render(radiograph))
        samples.append(Sample(radiograph.identity, picture, row["nih_patient"], float(row["age"])))
    return samples


def read_small_normals(folder: Path) -> list[Sample]:
    """The 256-pixel "Normal" radiographs of RSNA, as pictures without headers."""
    with (folder / "normals.csv").open(newline="") as table:
        rows = {row["patientId"]: row for row in csv.DictReader(table)}
    samples = []
    with zipfile.ZipFile(folder / "images.zip") as archive:
        for name in archive.namelist():
            row = rows.get(Path(name).stem)
            if row is not None:
                content = np.frombuffer(archive.read(name), np.uint8)
                picture = np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)
                samples.append(
                    Sample(_silent(name), picture, row["nih_patient"], float(row["age"]))
                )
    return samples


def read_dicom_samples(folder: Path) -> list[Sample]:
    """Every sample file that can be read and is no tiny one; of copies in other codings the first.

    Where files differ by coding alone, their headers and nearly all of their grey values agree.
    """
    samples: list[Sample] = []
    for path in sorted(folder.glob("*/*")):
        try:
            radiograph = read_radiograph(path)
        except InputError:
            continue
        if min(radiograph.pixels.shape) < _SMALLEST:
            continue
        sample = Sample(radiograph.identity, _shrunk(render(radiograph)))
        if not any(_is_same_picture(sample, other) for other in samples):
            samples.append(sample)
    return samples


def _is_same_picture(one: Sample, other: Sample) -> bool:
    return float(np.mean(cv2.absdiff(one.picture, other.picture))) < _SAME_WITHIN


def _silent(source: str) -> ImageIdentity:
    return ImageIdentity(key=source, source=source)


def _picture(path: Path) -> NDArray[np.uint8]:
    return _shrunk(render(read_radiograph(path)))


def _shrunk(picture: NDArray[np.uint8], size: int = _SIZE) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


# How it is measured


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: in how many of some images one of the rules spoke."""

    rules: tuple[Rule, ...]
    data: str
    named: int
    count: int
    is_wanted: bool

    def as_row(self) -> str:
        low, high = wilson_interval(self.named, self.count)
        rules = " or ".join(rule.value for rule in self.rules)
        return (
            f"| {rules} | {'found' if self.is_wanted else 'false alarms'} | {self.data}"
            f" | {self.named} of {self.count} | {100 * self.named / self.count:.1f} %"
            f" | {100 * low:.1f} to {100 * high:.1f} % |"
        )


@_application.command()
def measure(data: _Folder) -> None:
    """Print the error of every rule as a Markdown table."""
    nih = read_nih(data / "nih")
    fitted = {sample.patient for sample in nih if is_for_fitting(sample)}

    def unseen(samples: Sequence[Sample]) -> list[Sample]:
        return [sample for sample in samples if sample.patient not in fitted]

    rsna = read_rsna(data / "rsna")
    normals = read_small_normals(data / "rsna-normals-256")
    files = read_dicom_samples(data / "dicom-samples")
    typer.echo("| rule | figure | data | images | share | 95 % interval |")
    typer.echo("|---|---|---|---|---|---|")
    for figure in (
        *_header_figures(rsna, files),
        *_picture_figures(unseen(nih), unseen(rsna), unseen(normals), files),
    ):
        typer.echo(figure.as_row())


def _header_figures(rsna: Sequence[Sample], files: Sequence[Sample]) -> Iterator[Figure]:
    radiographs = [sample for sample in files if sample.identity.modality in ("CR", "DX", "RG")]
    named = [sample for sample in radiographs if sample.identity.body_part]
    chests = [sample for sample in named if sample.identity.body_part in ("CHEST", "THORAX")]
    others = [sample for sample in named if sample not in chests]
    children = [sample for sample in rsna if not sample.is_adult]
    adults = [sample for sample in rsna if sample.is_adult]
    yield _figure(Rule.NOT_CHEST, "sample files of other body parts, header", others, True)
    yield _figure(Rule.NOT_CHEST, "sample files of chests, header", chests, False)
    yield _figure(Rule.NOT_CHEST, "RSNA, header", rsna, False)
    yield _figure(Rule.NOT_FRONTAL, "RSNA, header", rsna, False)
    yield _figure(Rule.UNDER_16, "RSNA, children by its table, header", children, True)
    yield _figure(Rule.UNDER_16, "RSNA, adults by its table, header", adults, False)


def _picture_figures(
    nih: Sequence[Sample],
    rsna: Sequence[Sample],
    normals: Sequence[Sample],
    files: Sequence[Sample],
) -> Iterator[Figure]:
    others = [_without_header(sample) for sample in files if sample.identity.body_part != "CHEST"]
    yield _figure(Rule.UNLIKE_CHEST, "sample files of anything else, picture", others, True)
    yield _figure(_PICTURE_RULES, "sample files of anything else, picture", others, True)
    adults = [_without_header(sample) for sample in (*nih, *rsna) if sample.is_adult]
    children = [_without_header(sample) for sample in (*nih, *rsna) if not sample.is_adult]
    for rule in _PICTURE_RULES:
        for name, samples in (
            ("NIH and RSNA, adults", adults),
            ("NIH and RSNA, children", children),
            ("RSNA normals at 256 pixels", normals),
        ):
            yield _figure(rule, f"{name}, picture", samples, False)
    changes: tuple[tuple[Rule, str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]], ...] = (
        (Rule.INVERTED, "negatives", np.invert),
        (Rule.TURNED, "turned by 90°", np.rot90),
        (Rule.TURNED, "turned by 180°", lambda picture: np.rot90(picture, 2)),
        (Rule.TURNED, "turned by 270°", lambda picture: np.rot90(picture, 3)),
    )
    for rule, name, change in changes:
        changed = [replace(sample, picture=change(sample.picture)) for sample in adults]
        yield _figure(rule, f"NIH and RSNA adults, {name}, picture", changed, True)


def _without_header(sample: Sample) -> Sample:
    return replace(sample, identity=_silent(sample.identity.source))


def _figure(
    rules: Rule | tuple[Rule, ...], data: str, samples: Sequence[Sample], is_wanted: bool
) -> Figure:
    rules = rules if isinstance(rules, tuple) else (rules,)
    named = sum(
        any(doubt.rule in rules for doubt in examine_picture(sample.identity, sample.picture))
        for sample in samples
    )
    return Figure(rules, data, named, len(samples), is_wanted)


if __name__ == "__main__":
    _application()
