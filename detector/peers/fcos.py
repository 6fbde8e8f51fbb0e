"""FCOS: every point inside an object predicts its distances to the object's edges."""

from __future__ import annotations

from torchvision.models.detection.fcos import FCOS, FCOSHead

from detector.peers.torchvision_parts import (
    BEFORE_THE_CUT,
    CellAnchors,
    PassThrough,
    TorchvisionNetwork,
    in_single_precision,
)
from detector.presets import STRIDES, Preset


class FCOSDetector(TorchvisionNetwork):
    """torchvision's FCOS (Tian et al., ICCV 2019) with centre sampling and GIoU loss.

    Its points are anchors of one stride each. Objects go to levels by the largest distance from a
    point to an edge, parted at 64, 128, 256 and 512 pixels. ``preset.channels`` must be a multiple
    of the 32 groups of its head's normalisation.
    """

    foreground = 0

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        self.detector = FCOS(
            self.feature_levels,
            num_classes=1,
            anchor_generator=CellAnchors([[stride] for stride in STRIDES], (1.0,)),
            head=in_single_precision(FCOSHead(preset.channels, num_anchors=1, num_classes=1)),
            score_thresh=preset.score_threshold,
            nms_thresh=preset.nms_iou,
            detections_per_img=BEFORE_THE_CUT,
        )
        self.detector.transform = PassThrough()
