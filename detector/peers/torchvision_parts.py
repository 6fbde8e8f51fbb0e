"""What the peers that stand on torchvision share: torchvision's detectors without their image side.

A detector of torchvision resizes and normalises images, computes features, applies its head, and
matches or selects boxes. Here the first two are left out: images come in the size that the trainer
or the engine chose, and :class:`DetectionNetwork` normalises them and owns the body.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeVar

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.ops import MultiScaleRoIAlign

from detector.decoding import grid_points
from detector.networks.protocol import DetectionNetwork, Prediction, Target
from detector.networks.pyramids import FeaturePyramid
from detector.presets import STRIDES, Preset

BEFORE_THE_CUT: Final = 10_000
"""More boxes than any detector here leaves after NMS; ``max_detections`` cuts them afterwards."""

Head = TypeVar("Head", bound=nn.Module)


class TorchvisionNetwork(DetectionNetwork):
    """A detector of torchvision on the project's body.

    Subclasses make ``detector`` with ``feature_levels`` for its backbone and :class:`PassThrough`
    for its transform.

    Attributes
    ----------
    detector
        Everything behind the feature levels. Takes images and targets as torchvision's detectors
        do.
    feature_levels
        Feature maps at strides 8 to 128, those of :meth:`make_pyramid`.
    """

    detector: nn.Module
    foreground: ClassVar[int] = 1
    """Number of the one class: 1 where 0 is the background, else 0."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        self.pyramid = self.make_pyramid()
        self.feature_levels = FeatureLevels(self._levels)

    def make_pyramid(self) -> nn.Module:
        """Make what stands between the body's levels and the detector."""
        return FeaturePyramid(self.body.channels, self.preset.channels)

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the parts of the published loss; the network must be in training mode."""
        if not self.training:
            raise RuntimeError("torchvision's detectors have a loss in training mode only")
        answers = [
            {
                "boxes": target.boxes,
                "labels": torch.full_like(target.boxes[:, 0], self.foreground, dtype=torch.int64),
            }
            for target in targets
        ]
        parts: dict[str, Tensor] = self.detector(images, answers)
        return parts

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[Prediction]:
        """Detect in every image of ``[B, 1, S, S]``; the network must be in evaluation mode.

        The exam's score is the best box's score, 0 if there is none.
        """
        results = []
        for found in self.detector(images):
            boxes, scores = found["boxes"], found["scores"]
            has_area = (boxes[:, 2:] > boxes[:, :2]).all(dim=1)
            kept = has_area.nonzero()[: self.preset.max_detections, 0]
            boxes, scores = boxes[kept], scores[kept]
            results.append(Prediction(boxes, scores, scores[0].item() if len(scores) else 0.0))
        return results

    def _levels(self, images: Tensor) -> Sequence[Tensor]:
        levels: Sequence[Tensor] = self.pyramid(self.body_features(images))
        return levels


class FeatureLevels(nn.Module):
    """A backbone without weights of its own: it asks its network for the feature levels.

    They are given in single precision, since anchors take their type from them and bfloat16
    rounds places beyond 256 pixels to even numbers.

    Attributes
    ----------
    out_channels
        torchvision insists on it, to make the heads that it is given here.
    """

    out_channels = None

    def __init__(self, levels: Callable[[Tensor], Sequence[Tensor]]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """Return the levels by their index."""
        return OrderedDict(
            (str(index), level.float()) for index, level in enumerate(self.levels(images))
        )


class PassThrough(nn.Module):
    """Stands where torchvision resizes and normalises images; leaves everything as it is."""

    def forward(
        self, images: Tensor, targets: Sequence[dict[str, Tensor]] | None = None
    ) -> tuple[Any, Sequence[dict[str, Tensor]] | None]:
        """Return the batch with the extent of each image, and the targets."""
        extent = (images.shape[2], images.shape[3])
        return ImageList(images, [extent] * len(images)), targets

    def postprocess(
        self, detections: list[dict[str, Tensor]], *_extents: object
    ) -> list[dict[str, Tensor]]:
        """Return the detections, which already are in pixels of the images."""
        return detections


class CellAnchors(AnchorGenerator):  # type: ignore[misc]  # torchvision is not typed
    """Anchors around the middle of every cell of strides 8 to 128.

    torchvision's own lie around the cells' left upper corners, and their stride is the quotient of
    the image's and the map's sides, which is wrong by up to a third where a side is no multiple of
    128 pixels and the largest strides round up.

    Parameters
    ----------
    sizes
        Per level, square roots of the anchors' areas in pixels.
    aspect_ratios
        Height / width.
    """

    def __init__(self, sizes: Sequence[Sequence[float]], aspect_ratios: Sequence[float]) -> None:
        super().__init__(
            tuple(tuple(level) for level in sizes), (tuple(aspect_ratios),) * len(sizes)
        )

    def forward(self, images: Any, features: Sequence[Tensor]) -> list[Tensor]:
        """Return the anchors ``[A, 4]`` of all levels, the same for each image."""
        self.set_cell_anchors(features[0].dtype, features[0].device)
        anchors = []
        for level, stride, cell in zip(features, STRIDES, self.cell_anchors, strict=True):
            centers = grid_points(
                [(level.shape[2], level.shape[3])], [stride], level.device
            ).centers
            anchors.append((centers.repeat(1, 2)[:, None] + cell).reshape(-1, 4))
        return [torch.cat(anchors)] * len(images.image_sizes)


def pyramid_anchors(octave_steps: int) -> CellAnchors:
    """Anchors of 32, 64, 128, 256 and 512 pixels with height / width 1/2, 1 and 2.

    These are the sizes of Faster R-CNN with FPN and of RetinaNet (Lin et al., both 2017). RetinaNet
    has strides 8 to 128 as well, so its sizes are 4 strides here too; Faster R-CNN has strides 4 to
    64, and keeps its sizes in pixels instead of its 8 strides: at 512 pixels the square root of the
    area of 90 % of the challenge's boxes is 65 to 213, and anchors of 1,024 would fit nothing.

    Parameters
    ----------
    octave_steps
        Sizes per level, apart by equal factors within an octave.
    """
    return CellAnchors(
        [
            [4 * stride * 2 ** (step / octave_steps) for step in range(octave_steps)]
            for stride in STRIDES
        ],
        (0.5, 1.0, 2.0),
    )


def roi_heads(preset: Preset) -> nn.Module:
    """The second stage: features pooled in each proposal, then its class and its refined box.

    torchvision's choices: 7×7 RoIAlign on the level by the proposal's size (Lin et al., "Feature
    Pyramid Networks", CVPR 2017, Eq. 1), two layers of 1,024, 512 proposals an image in training,
    a quarter of them with IoU ≥ 0.5.
    """
    pool = MultiScaleRoIAlign(
        [str(level) for level in range(len(STRIDES))], output_size=7, sampling_ratio=2
    )
    heads: nn.Module = RoIHeads(
        pool,
        TwoMLPHead(preset.channels * 7 * 7, 1024),
        in_single_precision(FastRCNNPredictor(1024, num_classes=2)),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=512,
        positive_fraction=0.25,
        bbox_reg_weights=None,
        score_thresh=preset.score_threshold,
        nms_thresh=preset.nms_iou,
        detections_per_img=BEFORE_THE_CUT,
    )
    return heads


def in_single_precision(head: Head) -> Head:
    """Let a head of torchvision give single precision under autocast.

    Losses are computed in the type of what the head gives, and anchors are rounded to it.
    """
    head.register_forward_hook(_as_single)
    return head


def _as_single(_head: nn.Module, _inputs: object, outputs: Any) -> Any:
    if isinstance(outputs, Tensor):
        return outputs.float()
    if isinstance(outputs, dict):
        return {name: _as_single(_head, _inputs, value) for name, value in outputs.items()}
    return type(outputs)(_as_single(_head, _inputs, value) for value in outputs)
