"""Which back end computes, and on which device."""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from detector.errors import BackEndUnavailableError, DeviceUnavailableError
from detector.model_card import ModelCard
from detector.presets import Preset
from detector.runtime import exporting
from detector.runtime.back_end import BackEnd, BackEndName

_PACKAGES: Final[dict[BackEndName, tuple[str, ...]]] = {
    "openvino": ("openvino", "onnx"),
    "onnxruntime": ("onnxruntime", "onnx"),
}
"""What the back ends for the CPU need; the fastest comes first."""


def choose_device(device: str) -> str:
    """Resolve ``"auto"``, and make sure that a GPU which was asked for is there.

    Raises
    ------
    DeviceUnavailableError
        It is not.
    """
    if device == "cpu" or (device == "auto" and not _has_cuda_driver()):
        return "cpu"
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    chosen = torch.device(device)
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailableError(device, "this machine does not have it")
    return str(chosen)


def choose_back_end(
    asked: BackEndName | Literal["auto"], device: str, preset: Preset
) -> BackEndName:
    """Take the fastest back end that is installed and can hold the network, or the one asked for.

    Raises
    ------
    BackEndUnavailableError
        The one asked for cannot be used.
    """
    reasons = {name: _what_prevents(name, device, preset) for name in (*_PACKAGES, "cuda_graph")}
    if asked == "auto":
        return next((name for name, reason in reasons.items() if reason is None), "eager")
    if asked != "eager" and (reason := reasons[asked]):
        raise BackEndUnavailableError(asked, reason)
    return asked


def make_back_end(
    name: BackEndName, weights: Path, card: ModelCard, device: str, threads: int | None
) -> BackEnd:
    """Load a checked weights file into a back end that :func:`choose_back_end` gave.

    Raises
    ------
    WeightsError
        The network cannot be built from the file.
    OutOfDeviceMemory
        The device has too little memory left.
    """
    if name == "openvino":
        from detector.runtime.open_vino import OpenVinoBackEnd

        return OpenVinoBackEnd(exporting.exported_detector(weights, card), threads)
    if name == "onnxruntime":
        from detector.runtime.onnx_runtime import OnnxRuntimeBackEnd

        return OnnxRuntimeBackEnd(exporting.exported_detector(weights, card), threads)
    import torch

    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import load_weights

    network, _ = load_weights(weights)
    if name == "cuda_graph":
        from detector.runtime.cuda_graph import CudaGraphBackEnd

        assert isinstance(network, CenterScaleDetector)
        return CudaGraphBackEnd(network, torch.device(device))
    from detector.runtime.eager import EagerBackEnd

    if threads is not None:
        torch.set_num_threads(threads)
    return EagerBackEnd(network, torch.device(device))


def _what_prevents(name: BackEndName, device: str, preset: Preset) -> str | None:
    if device.partition(":")[0] != ("cuda" if name == "cuda_graph" else "cpu"):
        return f"it does not compute on the device {device}"
    if preset.system != "center_scale" or preset.level_selection != "score":
        return f"it cannot hold the preset {preset.name}"
    missing = [package for package in _PACKAGES.get(name, ()) if find_spec(package) is None]
    if missing:
        return f"the package {missing[0]} is not installed"
    return None


def _has_cuda_driver() -> bool:
    """Whether there is a driver, without which torch need not be asked for CUDA."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
