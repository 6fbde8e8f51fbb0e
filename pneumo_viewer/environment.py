"""What the machine must offer before Qt starts, since Qt aborts the process without it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

_DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libX11.so.6": "libx11-6",
}
_DEBIAN_PACKAGES_BY_PLATFORM = {
    "xcb": {
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
        "libxcb.so.1": "libxcb1",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render.so.0": "libxcb-render0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-shm.so.0": "libxcb-shm0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}


def debian_packages() -> list[str]:
    """Every Debian package that a window may need, by name."""
    tables = (_DEBIAN_PACKAGES, *_DEBIAN_PACKAGES_BY_PLATFORM.values())
    return sorted({package for table in tables for package in table.values()})


def why_no_window(environ: Mapping[str, str] = os.environ) -> str | None:
    """Say why a window cannot be opened here, or return None where one can.

    Parameters
    ----------
    environ
        The environment variables; ``QT_QPA_PLATFORM``, ``DISPLAY`` and ``WAYLAND_DISPLAY`` count.

    Returns
    -------
    str or None
        What is missing and what to do about it.
    """
    if sys.platform != "linux":
        return None
    platforms = _platforms(environ)
    if not platforms:
        return (
            "pneumo-viewer needs a screen, and there is none here: neither DISPLAY nor "
            "WAYLAND_DISPLAY is set.\n"
            "To run the detector without a screen: pneumo-detect FOLDER --out RESULTS"
        )
    missing = [
        _missing_packages(_DEBIAN_PACKAGES | _DEBIAN_PACKAGES_BY_PLATFORM.get(platform, {}))
        for platform in platforms
    ]
    if all(missing):
        return (
            "pneumo-viewer cannot open a window: system libraries that Qt needs are missing.\n"
            f"On Debian or Ubuntu, install them with: sudo apt install {' '.join(missing[0])}"
        )
    return None


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """The platforms that Qt will try; one that works is enough."""
    if chosen := environ.get("QT_QPA_PLATFORM"):
        return [name.partition(":")[0] for name in chosen.split(";")]
    screens = {"DISPLAY": "xcb", "WAYLAND_DISPLAY": "wayland"}
    return [platform for variable, platform in screens.items() if environ.get(variable)]


def _missing_packages(libraries: Mapping[str, str]) -> list[str]:
    missing = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            if package not in missing:
                missing.append(package)
    return missing
