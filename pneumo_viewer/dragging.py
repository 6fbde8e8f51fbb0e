"""An image on its way from the worklist into a viewport."""

from __future__ import annotations

from PySide6.QtCore import QMimeData

IMAGE_TYPE = "application/x-pneumo-viewer-image"


def dragged_image(key: str) -> QMimeData:
    """What is dragged for the image with this key."""
    data = QMimeData()
    data.setData(IMAGE_TYPE, key.encode())
    return data


def dropped_image(data: QMimeData) -> str | None:
    """Key of the image that was dragged; None where it was something else."""
    return data.data(IMAGE_TYPE).toStdString() if data.hasFormat(IMAGE_TYPE) else None
