"""The whole of detection as an ONNX file: grey values in, boxes out, kept in the user's cache.

Only writing the file needs torch (and the package onnx). A session that finds it begins without:
importing torch and building the network takes seconds, compiling the file a tenth of one.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from detector import __version__
from detector.files import replace_file
from detector.model_card import ModelCard

if TYPE_CHECKING:
    from detector.networks.center_scale import CenterScaleDetector

INPUT: Final = "squares"
BOXES: Final = "boxes"
SCORES: Final = "scores"
EXAM: Final = "exam"
OPSET: Final = 18
DIGEST_SIZE: Final = hashlib.sha256().digest_size

_log = logging.getLogger(__name__)


def export_folder() -> Path:
    """Where exports are kept."""
    return platformdirs.user_cache_path("pneumo-viewer", appauthor=False) / "exports"


def exported_detector(weights: Path, card: ModelCard) -> bytes:
    """Give the detector as ONNX: from the cache, or exported now and put there.

    An export is found again by the weights, the preset and the version of this program. It stands
    behind its digest: one that was altered, by a failing disk say, is made again.

    Parameters
    ----------
    weights
        A file that was checked, and its card.

    Raises
    ------
    WeightsError
        The network cannot be built from the file.
    """
    path = export_folder() / f"{card.fingerprint}-{__version__}.export"
    if (kept := _kept(path)) is not None:
        return kept
    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import load_weights

    network, _ = load_weights(weights)
    assert isinstance(network, CenterScaleDetector)
    content = export(network)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, _digest(content) + content)
    except OSError as error:
        _log.info("The exported network is not kept: %s.", error.strerror)
    return content


def _kept(path: Path) -> bytes | None:
    """The export in a file of the cache, unless there is none or it was altered."""
    try:
        content = path.read_bytes()
    except OSError:  # what cannot be read can be made again
        return None
    digest, exported = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    return exported if digest == _digest(exported) else None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def export(network: CenterScaleDetector) -> bytes:
    """Write detection in one image, NMS included, as ONNX.

    Input ``squares`` ``[1, 1, S, S]`` uint8; outputs ``boxes`` ``[N, 4]``, ``scores`` ``[N]`` and,
    where the network scores exams, ``exam`` ``[1]``.

    torch's exporter of 2.9 and later takes 5 s and the package onnxscript, where the one that it
    replaces takes 1 s and gives the same file; so this asks for the older.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU, with ``level_selection="score"``.
    """
    import torch
    from torch import Tensor, nn

    size = network.preset.input_size

    class WholeDetection(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, squares: Tensor) -> tuple[Tensor, ...]:
            proposals = network.propose(squares.float() / 255)
            ((boxes, scores),) = network.select_boxes(proposals, (size, size))
            if proposals.exam is None:
                return boxes, scores
            return boxes, scores, proposals.exam

    preset = network.preset
    has_exam = preset.has_exam_head or preset.exam_points > 0
    outputs = [BOXES, SCORES, EXAM] if has_exam else [BOXES, SCORES]
    with (
        tempfile.TemporaryDirectory() as folder,
        torch.no_grad(),
        warnings.catch_warnings(),
    ):
        # It warns of its age, and of shapes that become constants, as they shall.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        file = Path(folder) / "detector.onnx"
        torch.onnx.export(
            WholeDetection().eval(),
            (torch.zeros(1, 1, size, size, dtype=torch.uint8),),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=outputs,
        )
        return file.read_bytes()
