"""Worker functions that write exports: first a task an image, then one for all. Run by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from pydicom.dataset import Dataset

from detector.dicom.headers import identity_of, read_header
from detector.errors import InputError
from pneumo_viewer.exchange.coco import reviews_as_coco
from pneumo_viewer.exchange.deidentification import Deidentified, deidentify, without_identity
from pneumo_viewer.exchange.evidence import evidence_of, read_image_header
from pneumo_viewer.exchange.exported import ExportedImage, ReportFacts
from pneumo_viewer.exchange.formats import Format, require_free, write_file
from pneumo_viewer.exchange.presentation_state import presentation_state
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY, ReviewedImage
from pneumo_viewer.exchange.review_report import review_report
from pneumo_viewer.exchange.review_table import reviews_as_csv
from pneumo_viewer.exchange.structured_report import structured_report
from pneumo_viewer.exchange.submission import reviews_as_submission
from pneumo_viewer.library.thumbnails import make_thumbnail

_PICTURE_SIDE = 720
_JPEG_QUALITY = 90
_MAKERS = {
    Format.STRUCTURED_REPORTS: structured_report,
    Format.PRESENTATION_STATES: presentation_state,
}
_TABLES = {
    Format.COCO: reviews_as_coco,
    Format.TABLE: reviews_as_csv,
    Format.SUBMISSION: reviews_as_submission,
}


def check(folder: Path, files: Sequence[str], may_replace: bool) -> None:
    """See :func:`pneumo_viewer.exchange.formats.require_free`."""
    require_free(folder, files, may_replace=may_replace)


def export_image(
    folder: Path, image: ReviewedImage, name: str, formats: frozenset[Format], secret: bytes
) -> ExportedImage:
    """Write the files of one image.

    Where images are exported without their identities, everything else that is exported with them
    refers to those.

    Parameters
    ----------
    name
        Of the files, without extension.
    secret
        See :func:`pneumo_viewer.exchange.deidentification.deidentify`.

    Raises
    ------
    FolderNotWritableError
        Nothing can be written any more.
    InputError
        The image cannot be exported at all.
    """
    referred, clean = image, None
    if Format.IMAGES in formats:
        clean = deidentify(image.path, secret)
        referred = _deidentified(image, clean)
        name = referred.identity.sop_instance_uid
        write_file(folder, f"{Format.IMAGES.value}/{name}.dcm", clean.content)
    problems: list[str] = []
    written: list[Format] = [] if clean is None else [Format.IMAGES]
    for form, make in _MAKERS.items():
        if form in formats:
            try:
                made = make(replace(referred, path=image.path), _evidence(image, clean))
            except InputError as error:
                problems.append(error.reason)
            else:
                write_file(folder, f"{form.value}/{name}.dcm", _as_file(made))
                written.append(form)
    return ExportedImage(
        referred,
        tuple(written),
        tuple(dict.fromkeys(problems)),
        _picture(image.path) if Format.REPORT in formats else b"",
        clean is not None and clean.burned_in != "NO",
    )


def export_all(
    folder: Path, exported: Sequence[ExportedImage], formats: frozenset[Format], facts: ReportFacts
) -> None:
    """Write the files on all images together.

    Raises
    ------
    FolderNotWritableError
        Nothing can be written.
    """
    for form, make in _TABLES.items():
        if form in formats:
            write_file(folder, form.value, make([each.image for each in exported]))
    if Format.REPORT in formats:
        write_file(folder, Format.REPORT.value, review_report(exported, facts))


def export_view(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write what is on the screen as PNG, with the words "research use only" below it.

    Parameters
    ----------
    pixels
        ``[H, W, 3]``.

    Raises
    ------
    FolderNotWritableError
        It cannot be written.
    """
    height, width = pixels.shape[:2]
    size = max(12, height // 60)
    picture = Image.new("RGB", (width, height + 2 * size))
    picture.paste(Image.fromarray(pixels))
    ImageDraw.Draw(picture).text(
        (size, height + size),
        RESEARCH_USE_ONLY,
        fill=(200, 200, 200),
        anchor="lm",
        font=ImageFont.load_default(size),
    )
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Disclaimer", RESEARCH_USE_ONLY)
    stream = BytesIO()
    picture.save(stream, "PNG", pnginfo=texts)
    write_file(path.parent, path.name, stream.getvalue())


def _deidentified(image: ReviewedImage, clean: Deidentified) -> ReviewedImage:
    source = f"{Format.IMAGES.value}/image.dcm"
    identity = identity_of(read_header(BytesIO(clean.content), source), source, lambda: "")
    path = Path(f"{identity.sop_instance_uid}.dcm")
    return ReviewedImage(replace(identity, source=path.name), path, without_identity(image.review))


def _evidence(image: ReviewedImage, clean: Deidentified | None) -> Dataset:
    source = str(image.path)
    if clean is None:
        return evidence_of(read_image_header(image.path), source)
    return evidence_of(read_header(BytesIO(clean.content), source), source)


def _as_file(made: Dataset) -> bytes:
    stream = BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _picture(path: Path) -> bytes:
    """A small JPEG picture, or nothing where the image cannot be shown."""
    try:
        pixels = make_thumbnail(path, _PICTURE_SIDE)
    except InputError:
        return b""
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
