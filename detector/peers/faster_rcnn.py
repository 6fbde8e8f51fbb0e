"""Faster R-CNN: a network proposes regions, a second one classifies and refines them."""

from __future__ import annotations

from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead

from detector.peers.torchvision_parts import (
    PassThrough,
    TorchvisionNetwork,
    in_single_precision,
    pyramid_anchors,
    roi_heads,
)
from detector.presets import Preset


class FasterRCNNDetector(TorchvisionNetwork):
    """torchvision's Faster R-CNN (Ren et al., NeurIPS 2015) with a pyramid (Lin et al., CVPR 2017).

    The numbers of the proposal network are torchvision's.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        anchors = pyramid_anchors(octave_steps=1)
        (anchors_per_point, *_) = anchors.num_anchors_per_location()
        proposals = RegionProposalNetwork(
            anchors,
            in_single_precision(RPNHead(preset.channels, anchors_per_point)),
            fg_iou_thresh=0.7,
            bg_iou_thresh=0.3,
            batch_size_per_image=256,
            positive_fraction=0.5,
            pre_nms_top_n={"training": 2000, "testing": 1000},
            post_nms_top_n={"training": 2000, "testing": 1000},
            nms_thresh=0.7,
        )
        self.detector = GeneralizedRCNN(
            self.feature_levels, proposals, roi_heads(preset), PassThrough()
        )
