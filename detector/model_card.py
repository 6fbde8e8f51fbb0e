"""What is to be known of a set of weights, read from their file without importing torch.

A weights file is safetensors: eight bytes with the length of a JSON header (little-endian), the
header (name, type, shape and place of each tensor, and ``__metadata__``), then the tensors' bytes.
The card is JSON under ``model_card`` of the metadata.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import safetensors
from pydantic import BaseModel, ConfigDict, Field

from detector.detections import ModelIdentity
from detector.errors import InputError
from detector.files import access_error
from detector.preparation import PREPARATION
from detector.presets import Preset

METADATA_KEY: Final = "model_card"
CARD_FORMAT: Final = 1
_LENGTH_BYTES: Final = 8
_METADATA: Final = "__metadata__"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class WeightsError(InputError):
    """A weights file cannot be used."""

    kind = "unusable weights"
    advice = "Name another weights file, or install the program again to have its own."


class DamagedWeightsError(WeightsError):
    """The file is truncated or no safetensors file at all."""

    kind = "damaged weights"
    advice = "Fetch the file again from where it came from."


class MissingCardError(WeightsError):
    """Tensors without a model card: nobody can say what they are."""

    kind = "weights without a model card"
    advice = "Use weights that this project's training wrote."


class OtherVersionError(WeightsError):
    """The card or the preparation of images is of another version of this program."""

    kind = "weights for another version"
    advice = "Use the version of this program that wrote them, or train again with this one."


class AlteredWeightsError(WeightsError):
    """The tensors are not those of which the card speaks."""

    kind = "altered weights"
    advice = "Fetch the file again from where it came from; do not trust this copy."


class OtherArchitectureError(WeightsError):
    """The tensors do not fit the network that the card's preset describes."""

    kind = "weights of another architecture"
    advice = "Use weights that this version's training wrote."


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metric(_Record):
    """One measured figure.

    Attributes
    ----------
    name, value
        For example AP50 and 0.41.
    interval
        Its 95 % interval, low and high, or None where none was computed.
    data
        The data set that it was measured on, and how many exams.
    command
        The command that measured it.
    """

    name: str
    value: float
    interval: tuple[float, float] | None = None
    data: str
    command: str


class OperatingPoint(_Record):
    """A score threshold with a name, and the data on which it was chosen."""

    name: str
    threshold: Probability
    measured_on: str


class ModelCard(_Record):
    """What a set of weights is, what it was made from and how well it does.

    Attributes
    ----------
    format
        Version of this record.
    name, version
        Of the weights.
    preset
        From which the network is built.
    preparation
        How images are prepared, :data:`detector.preparation.PREPARATION`.
    classes
        Names of the classes that boxes have, by category id from 1.
    intended_use, terms
        What it may be used for, and the terms of the data that it was trained on.
    training_data, training_command
        What it was trained on, and how to do so again.
    training_folds
        Of the labelled data set: it can be judged on the others only.
    metrics, operating_points
        Measured figures and named thresholds.
    score_threshold
        The threshold from which boxes are shown unless the user says otherwise.
    fingerprint
        See :func:`fingerprint`; written when the tensors are saved.
    """

    format: Literal[1] = CARD_FORMAT
    name: str
    version: str
    preset: Preset
    preparation: str = PREPARATION
    classes: tuple[str, ...] = ("pneumonia",)
    intended_use: str = "Research use only. Not a medical device."
    terms: str
    training_data: str
    training_command: str
    training_folds: tuple[int, ...] = ()
    metrics: tuple[Metric, ...] = ()
    operating_points: tuple[OperatingPoint, ...] = ()
    score_threshold: Probability
    fingerprint: str = ""

    @property
    def identity(self) -> ModelIdentity:
        """The model as detections name it."""
        return ModelIdentity(self.name, self.version, self.fingerprint, self.preset.name)


def read_card(path: Path) -> ModelCard:
    """Read the card of a weights file; the tensors are neither read nor checked.

    Raises
    ------
    FileAccessError
        The file is missing or may not be read.
    WeightsError
        One of its subclasses, where the file has no card that this version can use.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if length > path.stat().st_size:
                raise DamagedWeightsError(str(path), "it is truncated or no safetensors file")
            header = file.read(length)
    except OSError as error:
        raise access_error(path, error) from error
    return parse_card(_parse_header(header, path), path)


def read_weights_file(path: Path) -> tuple[ModelCard, bytes]:
    """Read a weights file and make sure that its tensors are those of which its card speaks.

    Returns
    -------
    card, content
        The card, and the whole file.

    Raises
    ------
    FileAccessError
        The file is missing or may not be read.
    WeightsError
        One of its subclasses: damaged, altered, without a card or of another version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise access_error(path, error) from error
    header, data = split_file(content, path)
    card = parse_card(header, path)
    try:
        safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise DamagedWeightsError(str(path), f"its tensors cannot be read ({error})") from error
    if fingerprint(header, data, card.preset) != card.fingerprint:
        raise AlteredWeightsError(
            str(path),
            f"its tensors and preset do not have the fingerprint {card.fingerprint} of its card",
        )
    return card, content


def split_file(content: bytes, path: Path) -> tuple[dict[str, Any], bytes]:
    """Split the bytes of a weights file into its parsed header and the bytes of its tensors."""
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    return _parse_header(content[_LENGTH_BYTES:end], path), content[end:]


def fingerprint(header: dict[str, Any], tensors: bytes, preset: Preset) -> str:
    """Give the first 16 hexadecimal digits of a SHA-256 over all that decides what a model answers.

    That is its tensors, their names, types and shapes, and its preset: the same tensors decoded in
    another way are another model.
    """
    table = {name: entry for name, entry in header.items() if name != _METADATA}
    digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode())
    digest.update(tensors)
    digest.update(preset.fingerprint().encode())
    return digest.hexdigest()[:16]


def parse_card(header: dict[str, Any], path: Path) -> ModelCard:
    """Take the card out of the header of a weights file; raises as :func:`read_card` does."""
    source = str(path)
    metadata = header.get(_METADATA)
    text = metadata.get(METADATA_KEY) if isinstance(metadata, dict) else None
    if text is None:
        raise MissingCardError(source, "it holds tensors but does not say what they are")
    try:
        fields = json.loads(text)
        if fields["format"] != CARD_FORMAT:
            raise OtherVersionError(
                source, f"its card has format {fields['format']}, this program reads {CARD_FORMAT}"
            )
        preset = _parse_preset(fields["preset"], source)
        card = ModelCard.model_validate(fields | {"preset": preset})
    except (ValueError, KeyError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise DamagedWeightsError(source, f"its model card cannot be read ({first})") from error
    if card.preparation != PREPARATION:
        raise OtherVersionError(
            source,
            f"it was trained on images prepared as “{card.preparation}”, "
            f"this program prepares them as “{PREPARATION}”",
        )
    return card


def _parse_preset(values: dict[str, Any], source: str) -> Preset:
    try:
        return Preset.from_dict(values)
    except ValueError as error:
        raise OtherArchitectureError(
            source, f"its preset is not of this version ({error})"
        ) from error


def _parse_header(header: bytes, path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(header)
    except ValueError as error:
        raise DamagedWeightsError(str(path), "it is truncated or no safetensors file") from error
    if not isinstance(parsed, dict):
        raise DamagedWeightsError(str(path), "it is no safetensors file")
    return parsed


def card_as_markdown(card: ModelCard) -> str:
    """Write the card for people to read, as Markdown."""
    lines = [
        f"# {card.name} {card.version}",
        "",
        f"**{card.intended_use}**",
        "",
        f"- Fingerprint: `{card.fingerprint}`",
        f"- Preset: `{card.preset.name}`",
        f"- Input: {card.preset.input_size} pixels square ({card.preparation})",
        f"- Classes: {', '.join(card.classes)}",
        f"- Score threshold: {card.score_threshold:g}",
        "",
        "## Training",
        "",
        card.training_data,
        "",
        card.terms,
        "",
        *_as_code(card.training_command),
        "",
        "## Figures",
        "",
    ]
    if card.metrics:
        lines += ["| figure | value | 95 % interval | data |", "|---|---|---|---|"]
        for metric in card.metrics:
            low_high = (
                "" if metric.interval is None else "{:.3f} to {:.3f}".format(*metric.interval)
            )
            lines.append(f"| {metric.name} | {metric.value:.3f} | {low_high} | {metric.data} |")
        for command in dict.fromkeys(metric.command for metric in card.metrics):
            lines += ["", *_as_code(command)]
    else:
        lines.append("None was measured.")
    if card.operating_points:
        lines += [
            "",
            "## Operating points",
            "",
            "| name | threshold | chosen on |",
            "|---|---|---|",
        ]
        lines += [
            f"| {point.name} | {point.threshold:g} | {point.measured_on} |"
            for point in card.operating_points
        ]
    lines += ["", "## Preset", "", "| field | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in card.preset.to_dict().items()]
    return "\n".join(lines) + "\n"


def _as_code(command: str) -> list[str]:
    return ["```", command, "```"]
