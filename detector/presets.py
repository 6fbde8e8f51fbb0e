"""Every choice that makes up a detector and its training, as one record.

A preset is data: the network, the losses, the decoding and the trainer read their choices from it
and from nowhere else. ``ours``, ``ours_da`` and ``ours_da_fl`` are the three rows of the paper
(Wu et al., Sci Rep 14:1929, 2024, Table 2); ``best`` and ``compact`` are assembled from the same
parts and are this project's; the others are the systems that they are compared with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from pydantic import TypeAdapter

System = Literal[
    "center_scale",
    "ssd",
    "fast_rcnn",
    "faster_rcnn",
    "retinanet",
    "fcos",
    "yolo",
    "guided_anchoring",
    "csp",
    "foveabox",
    "rt_detr",
]
Pyramid = Literal["lateral", "fpn"]
Towers = Literal["joint", "separate"]
Norm = Literal["none", "group"]
Distance = Literal["linear", "exp"]
AssignmentRule = Literal["ranges", "task_aligned"]
CenterLoss = Literal["bce", "gaussian_focal", "quality_focal"]
ScaleLoss = Literal["smooth_l1", "giou", "ciou"]
LevelSelection = Literal["score", "largest_stride"]
Augmentation = Literal["none", "da", "strong"]
Optimiser = Literal["adam", "adamw"]
Schedule = Literal["step", "cosine"]
Precision = Literal["fp32", "bf16"]

STRIDES = (8, 16, 32, 64, 128)
"""Strides of the five pyramid levels in pixels; the same in every preset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """One detector and its training.

    Attributes
    ----------
    name
        As in ``PRESETS``.
    system
        What :func:`detector.networks.systems.build_network` makes. The peers of ``center_scale``
        take body, channels, decoding and training from here; the other fields of the network and
        its losses are their own papers'.
    input_size
        Side of the square network input at inference, in pixels.
    has_median_filter, has_clahe
        Whether images are prepared with a 3×3 median, and with contrast-limited adaptive histogram
        equalisation: the paper's "denoising and enhancement", which it does not describe.
    body
        Name of a timm model.
    is_body_norm_frozen
        Whether the body's batch normalisation keeps its pretrained statistics in training, as a
        batch of one demands.
    frozen_body
        Names of the body's modules that keep their pretrained weights and statistics: early layers
        see edges, which radiographs have too, and cost most of a step on a CPU.
    pyramid
        ``lateral``: a 1×1 convolution per level; ``fpn``: with a top-down path as well.
    channels
        Width of pyramid and head.
    head_depth
        Number of 3×3 convolutions before the predictions.
    head_towers
        ``joint``: CENTER and SCALE share those convolutions; ``separate``: a tower each.
    is_head_shared
        Whether the levels share one head; if so, each level has a learned scale of its own.
    head_norm
        Normalisation in the head.
    prediction_kernel
        Kernel size of the last convolutions.
    distance
        How SCALE outputs become distances in strides: as they are, or through exp.
    has_quality
        Whether the head also predicts the IoU of each box.
    has_exam_head
        Whether pooled features predict the exam's class (Normal, No Lung Opacity / Not Normal,
        Lung Opacity).
    assignment
        ``ranges``: level by object size, then the centre and its neighbours; ``task_aligned``:
        the points that score and fit best (TOOD).
    level_limits
        For ``ranges``: the sizes max(l, t, r, b), in network pixels, that part the five levels.
    center_radius
        For ``ranges``: in cells.
    aligned_points
        For ``task_aligned``: points per object.
    center_loss, scale_loss
        Losses of the two branches.
    scale_weight, quality_weight, exam_weight
        Factors of the loss parts beside CENTER.
    level_selection
        What NMS across levels prefers: the best score, or the largest stride.
    score_threshold, nms_iou, max_detections
        Of the decoding.
    voting_iou
        Least IoU of the candidates of which each detection is the mean, or None for no voting.
    exam_points
        Number of best points whose mean score, calibrated, is the exam's score; 0 for the exam
        head's, or without one the best box's.
    exam_calibration
        Slope and offset that turn the log-odds of that mean into the exam's (Platt scaling).
    is_flip_averaged
        Whether inference averages the image's outputs and those of its mirror image.
    augmentation
        ``none``; ``da``: the paper's; ``strong``: flip, affine, gamma, noise, blur and pasted
        opacities.
    training_sizes
        Sides of the network input that training draws from.
    is_positives_only
        Whether exams without a box are left out of training.
    class_weights
        How often training draws an exam of class Normal, No Lung Opacity / Not Normal and Lung
        Opacity, in relation to each other; a negative of unknown class counts as Normal.
    synthetic_steps
        Steps on synthetic opacities before the real training.
    batch_size
        Exams a step.
    epochs, steps
        Length of the real training, in one of the two units.
    optimiser, learning_rate, body_learning_rate_factor, weight_decay
        Of the optimiser; the body's learning rate is the product.
    schedule
        ``step``: ÷10 every ``step_epochs`` epochs; ``cosine``: to 0 over the training, after
        ``warmup_steps`` of linear rise.
    ema_decay
        Decay a step of the averaged weights that are kept, or None for none.
    gradient_clip
        Largest norm of the gradient, or None.
    precision
        Of training on a GPU that has it.
    """

    name: str
    system: System = "center_scale"
    input_size: int = 512
    has_median_filter: bool = False
    has_clahe: bool = False
    body: str = "resnet50"
    is_body_norm_frozen: bool = False
    frozen_body: tuple[str, ...] = ()
    pyramid: Pyramid = "fpn"
    channels: int = 256
    head_depth: int = 4
    head_towers: Towers = "separate"
    is_head_shared: bool = True
    head_norm: Norm = "group"
    prediction_kernel: int = 3
    distance: Distance = "exp"
    has_quality: bool = False
    has_exam_head: bool = True
    assignment: AssignmentRule = "task_aligned"
    level_limits: tuple[float, ...] = (32.0, 64.0, 128.0, 256.0)
    center_radius: int = 2
    aligned_points: int = 13
    center_loss: CenterLoss = "quality_focal"
    scale_loss: ScaleLoss = "giou"
    scale_weight: float = 2.0
    quality_weight: float = 0.5
    exam_weight: float = 0.5
    level_selection: LevelSelection = "score"
    score_threshold: float = 0.001
    nms_iou: float = 0.2
    max_detections: int = 10
    voting_iou: float | None = None
    exam_points: int = 0
    exam_calibration: tuple[float, float] = (1.0, 0.0)
    is_flip_averaged: bool = False
    augmentation: Augmentation = "strong"
    training_sizes: tuple[int, ...] = (448, 512, 576, 640)
    is_positives_only: bool = False
    class_weights: tuple[float, float, float] = (1.0, 1.0, 3.0)
    synthetic_steps: int = 0
    batch_size: int = 16
    epochs: int | None = None
    steps: int | None = None
    optimiser: Optimiser = "adamw"
    learning_rate: float = 2e-4
    body_learning_rate_factor: float = 0.1
    weight_decay: float = 0.01
    schedule: Schedule = "cosine"
    step_epochs: int = 100
    warmup_steps: int = 50
    ema_decay: float | None = 0.998
    gradient_clip: float | None = 5.0
    precision: Precision = "bf16"

    def __post_init__(self) -> None:
        if self.center_loss == "gaussian_focal" and self.assignment != "ranges":
            raise ValueError("the Gaussian focal loss needs the assignment 'ranges'")
        if self.is_flip_averaged and self.input_size % max(STRIDES):
            raise ValueError(f"mirrored grids meet at multiples of {max(STRIDES)} pixels only")
        if self.exam_calibration[0] <= 0:
            raise ValueError("an exam calibration keeps the order of exams: its slope is above 0")
        if len(self.level_limits) != len(STRIDES) - 1:
            raise ValueError(f"level_limits part {len(STRIDES)} levels: give {len(STRIDES) - 1}")
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give the length of the training as epochs or as steps")

    def to_dict(self) -> dict[str, Any]:
        """All fields, as JSON can hold them."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preset:
        """Build the preset that :meth:`to_dict` described.

        Raises
        ------
        ValueError
            If a field is missing, unknown or holds what this version does not know.
        """
        expected = {field.name for field in fields(cls)}
        if expected != set(values):
            raise ValueError(
                f"preset fields differ: {sorted(expected.symmetric_difference(values))}"
            )
        return TypeAdapter(cls).validate_python(dict(values))

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 over all fields."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_OURS = Preset(
    name="ours",
    is_body_norm_frozen=True,
    pyramid="lateral",
    head_depth=1,
    head_towers="joint",
    is_head_shared=False,
    head_norm="none",
    prediction_kernel=1,
    distance="linear",
    has_exam_head=False,
    assignment="ranges",
    level_limits=(64.0, 128.0, 256.0, 512.0),
    center_loss="bce",
    scale_loss="smooth_l1",
    scale_weight=1.0,
    level_selection="largest_stride",
    score_threshold=0.1,
    nms_iou=0.5,
    augmentation="none",
    training_sizes=(512,),
    is_positives_only=True,
    class_weights=(1.0, 1.0, 1.0),
    batch_size=1,
    epochs=300,
    optimiser="adam",
    learning_rate=1e-3,
    body_learning_rate_factor=1.0,
    weight_decay=0.0,
    schedule="step",
    warmup_steps=0,
    ema_decay=None,
    gradient_clip=None,
    precision="fp32",
)
_OURS_DA = replace(_OURS, name="ours_da", augmentation="da")
_OURS_DA_FL = replace(_OURS_DA, name="ours_da_fl", center_loss="gaussian_focal")

_BEST = Preset(name="best", has_quality=True, scale_loss="ciou", voting_iou=0.4, steps=20_000)
_COMPACT = replace(
    _BEST,
    name="compact",
    input_size=288,
    body="tf_efficientnet_lite0",
    frozen_body=("conv_stem", "bn1", "blocks.0", "blocks.1"),
    channels=80,
    head_depth=2,
    has_quality=False,
    scale_loss="giou",
    training_sizes=(224, 256, 288),
    class_weights=(1.0, 3.0, 3.0),
    synthetic_steps=800,
    steps=450,
    learning_rate=1e-3,
    body_learning_rate_factor=0.2,
    ema_decay=0.995,
    exam_points=50,
)

_FCOS = Preset(name="fcos", system="fcos", has_exam_head=False, steps=20_000)
_PEERS = (
    replace(_FCOS, name="ssd", system="ssd"),
    replace(_FCOS, name="fast_rcnn", system="fast_rcnn"),
    replace(_FCOS, name="faster_rcnn", system="faster_rcnn"),
    replace(_FCOS, name="retinanet", system="retinanet"),
    _FCOS,
    # "An enhanced FCOS with augmentation" is all that Yan & Tao (2023) published of NYNet.
    replace(_FCOS, name="nynet_approximation", augmentation="da"),
    replace(_FCOS, name="yolo", system="yolo"),
    replace(_FCOS, name="guided_anchoring", system="guided_anchoring"),
    replace(_FCOS, name="csp", system="csp"),
    replace(_FCOS, name="foveabox", system="foveabox"),
    replace(_FCOS, name="rt_detr", system="rt_detr"),
)

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (_OURS, _OURS_DA, _OURS_DA_FL, _BEST, _COMPACT, *_PEERS)
}
