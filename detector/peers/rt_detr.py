"""RT-DETR (Zhao et al., "DETRs Beat YOLOs on Real-time Object Detection", CVPR 2024).

Hybrid encoder, decoder, matching and losses are those of the ``transformers`` package, built from a
configuration with random weights; the body is this project's. Releases before 5.23 match objects to
denoising queries in the last layer's loss (huggingface/transformers, pull request 48528).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torchvision.ops import box_convert

from detector.networks.dense import DenseDetector, Proposals
from detector.networks.heads import PRIOR_PROBABILITY
from detector.networks.protocol import Target
from detector.presets import Preset

LEVELS: Final = 3
"""The encoder takes the body's strides 8, 16 and 32."""
QUERIES: Final = 100
"""The paper's 300 are for COCO; a radiograph has at most a handful of opacities."""
DECODER_LAYERS: Final = 3
HEAD_WIDTH: Final = 32
"""Channels of an attention head: the paper has 8 heads for 256."""
LOSS_PARTS: Final = ("vfl", "bbox", "giou")


class RTDETRDetector(DenseDetector):
    """Queries that a transformer turns into boxes; each learns the object matched to it.

    Raises
    ------
    ValueError
        If ``transformers`` is not installed.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        # The encoder has no use for strides 64 and 128.
        self.body.level4 = self.body.level5 = nn.Identity()
        self.transformer = _build_transformer(preset)

    def forward(self, images: Tensor, labels: list[dict[str, Tensor]] | None = None) -> Any:
        """Return the ``RTDetrModelOutput`` for ``[B, 1, S, S]`` in [0, 1]; S is a multiple of 32.

        With ``labels`` and in training mode it holds the denoising queries as well. What follows
        the body computes in single precision: bfloat16 would round boxes to whole pixels.
        """
        model = self.transformer.model
        features = self.body_features(images)[:LEVELS]
        with torch.autocast(images.device.type, enabled=False):
            levels = [
                project(level.float())
                for project, level in zip(model.encoder_input_proj, features, strict=True)
            ]
            return model(
                None,
                inputs_embeds=levels[-1],
                encoder_outputs=model.encoder(levels),
                labels=labels,
            )

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return varifocal, L1 and GIoU loss, each summed over the decoder's layers.

        The paper's: of the matched queries, of those that the encoder selects, and of the denoising
        queries.
        """
        size = images.new_tensor([images.shape[3], images.shape[2]] * 2)
        labels = [
            {
                "class_labels": torch.zeros(
                    len(target.boxes), dtype=torch.long, device=images.device
                ),
                "boxes": box_convert(target.boxes.to(images.device) / size, "xyxy", "cxcywh"),
            }
            for target in targets
        ]
        output = self(images, labels)
        logits, boxes = output.intermediate_logits, output.intermediate_reference_points
        with torch.autocast(images.device.type, enabled=False):
            _, parts, _ = self.transformer.loss_function(
                logits[:, -1],
                labels,
                images.device,
                boxes[:, -1],
                self.transformer.config,
                logits,
                boxes,
                enc_topk_logits=output.enc_topk_logits,
                enc_topk_bboxes=output.enc_topk_bboxes,
                denoising_meta_values=output.denoising_meta_values,
            )
        return {
            name: torch.stack(
                [value for key, value in parts.items() if key.startswith(f"loss_{name}")]
            ).sum()
            for name in LOSS_PARTS
        }

    def propose(self, images: Tensor) -> Proposals:
        """Score the box of every query, as one level.

        They enter the same selection as every system's; its NMS, which the paper does without,
        drops only what overlaps a better box.
        """
        output = self(images)
        size = images.new_tensor([images.shape[3], images.shape[2]] * 2)
        boxes = output.intermediate_reference_points[:, -1]
        scores = output.intermediate_logits[:, -1].sigmoid().squeeze(2)
        levels = torch.zeros(scores.shape[1], dtype=torch.long, device=images.device)
        return Proposals(box_convert(boxes, "cxcywh", "xyxy") * size, scores, levels)


def _build_transformer(preset: Preset) -> Any:
    """Build encoder and decoder for the body's features, without a body of their own.

    ``transformers`` starts weights as for a finished checkpoint: batch normalisation that lets a
    hundredth through, and boxes of the encoder that are moved at random. Both start here as in the
    paper: normalisation lets all through and boxes are the anchors.
    """
    try:
        import transformers
    except ImportError as error:
        raise ValueError(
            "the system rt_detr needs the package transformers; install pneumo-viewer[rt-detr]"
        ) from error
    channels = preset.channels
    heads = channels // HEAD_WIDTH
    config = transformers.RTDetrConfig(
        backbone_config=transformers.TimmBackboneConfig(
            backbone=preset.body, num_channels=1, out_indices=[2, 3, 4]
        ),
        freeze_backbone_batch_norms=False,
        num_labels=1,
        encoder_hidden_dim=channels,
        encoder_ffn_dim=4 * channels,
        encoder_attention_heads=heads,
        d_model=channels,
        decoder_in_channels=[channels] * LEVELS,
        decoder_ffn_dim=4 * channels,
        decoder_attention_heads=heads,
        decoder_layers=DECODER_LAYERS,
        num_queries=QUERIES,
        initializer_range=channels**-0.5,
        initializer_bias_prior_prob=PRIOR_PROBABILITY,
    )
    detector = transformers.RTDetrForObjectDetection(config)
    detector.model.backbone = nn.Identity()
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    nn.init.zeros_(detector.model.enc_bbox_head.layers[-1].weight)
    nn.init.zeros_(detector.model.enc_bbox_head.layers[-1].bias)
    return detector
