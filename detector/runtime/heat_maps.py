"""The CENTER branch as a picture; computed by torch whatever the detector computes with."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import interpolate

from detector.heat_map import HeatMap, NoHeatMapError
from detector.networks.center_scale import CenterScaleDetector
from detector.networks.protocol import DetectionNetwork
from detector.precision import full_precision
from detector.preparation import prepare
from detector.radiograph import Radiograph


@torch.inference_mode()
def heat_map(network: DetectionNetwork, radiograph: Radiograph) -> HeatMap:
    """Show what CENTER says of a radiograph.

    Coarser levels are enlarged linearly onto the finest grid; the exam's score and the quality of
    boxes, which enter the scores of findings, play no part.

    Raises
    ------
    NoHeatMapError
        The network is of a system without a CENTER branch.
    """
    preset = network.preset
    if not isinstance(network, CenterScaleDetector):
        raise NoHeatMapError(preset.name, f"the system {preset.system} has no CENTER branch")
    square, image_map = prepare(radiograph, preset.input_size, preset)
    device = next(network.parameters()).device
    images = torch.from_numpy(square)[None, None].to(device).float() / 255
    with full_precision():
        levels = [logits.sigmoid() for logits in network.outputs(images).points.centers]
    finest = levels[0].shape[2:]
    values = torch.cat(
        [interpolate(level, finest, mode="bilinear", align_corners=False) for level in levels]
    ).amax(dim=(0, 1))
    x0, y0, x1, y1 = image_map.to_image([(0, 0, preset.input_size, preset.input_size)])[0].tolist()
    return HeatMap(np.asarray(values.cpu().numpy(), np.float32), (x0, y0, x1, y1))
