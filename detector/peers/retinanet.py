"""RetinaNet: anchors at every point of a pyramid, a tower for class and one for box, focal loss."""

from __future__ import annotations

from torchvision.models.detection.retinanet import RetinaNet, RetinaNetHead

from detector.peers.torchvision_parts import (
    BEFORE_THE_CUT,
    PassThrough,
    TorchvisionNetwork,
    in_single_precision,
    pyramid_anchors,
)
from detector.presets import Preset


class RetinaNetDetector(TorchvisionNetwork):
    """torchvision's RetinaNet (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017)."""

    foreground = 0

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        anchors = pyramid_anchors(octave_steps=3)
        (anchors_per_point, *_) = anchors.num_anchors_per_location()
        self.detector = RetinaNet(
            self.feature_levels,
            num_classes=1,
            anchor_generator=anchors,
            head=in_single_precision(
                RetinaNetHead(preset.channels, anchors_per_point, num_classes=1)
            ),
            score_thresh=preset.score_threshold,
            nms_thresh=preset.nms_iou,
            detections_per_img=BEFORE_THE_CUT,
        )
        self.detector.transform = PassThrough()
