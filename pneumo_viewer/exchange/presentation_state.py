"""Reviews as Grayscale Softcopy Presentation States (PS3.3 A.33.1), one an image.

A viewer that knows nothing of this program shows the image in the same grey values, with each box
as a closed polyline and a label. What the reader says of a box is the name of its graphic layer.

PIXEL coordinates are continuous, with (0, 0) at the top left corner of the first pixel (PS3.3
C.10.5.1.2), as ours are.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import highdicom
import numpy as np
from highdicom import pr
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from detector import __version__
from detector.dicom.elements import quiet_pydicom
from detector.dicom.grey_values import View, default_view
from detector.dicom.reading import read_radiograph
from detector.radiograph import GreyScale, LookupTable, Rescale
from pneumo_viewer.exchange.evidence import (
    SOFTWARE,
    NotReportableError,
    mark_as_deidentified,
    person_name,
    read_image_header,
)
from pneumo_viewer.exchange.records import ReviewedFinding, ReviewedImage

LutT = TypeVar("LutT", highdicom.ModalityLUT, highdicom.VOILUT)

_SERIES_NUMBER: Final = 902
_NOTICE: Final = "Research use only"
_NOTICE_LAYER: Final = "NOTICE"
_NOTICE_PLACE: Final = (0.0, 0.95, 0.4, 1.0)
"""Left, top, right, bottom, as parts of the displayed area."""
_LUT_TYPE: Final = "US"


def presentation_state(image: ReviewedImage, evidence: Dataset) -> Dataset:
    """Make the presentation state of one image, in the view that its file asks for.

    Parameters
    ----------
    evidence
        `pneumo_viewer.exchange.evidence.evidence_of` the image.

    Raises
    ------
    InputError
        The image cannot be read or is in colour.
    """
    if read_image_header(image.path).elements.integer("SamplesPerPixel") != 1:
        raise NotReportableError(str(image.path), "it is in colour")
    radiograph = read_radiograph(image.path)
    verdicts = list(dict.fromkeys(finding.verdict for finding in image.review.findings))
    layers = {
        verdict: pr.GraphicLayer(verdict.name, order, f"{verdict.value} findings")
        for order, verdict in enumerate(verdicts, start=1)
    }
    notice = pr.GraphicLayer(_NOTICE_LAYER, len(layers) + 1, _NOTICE)
    frame = 1 if "NumberOfFrames" in evidence else None
    shape = "INVERSE" if radiograph.grey.is_inverted else "IDENTITY"
    with quiet_pydicom():  # a patient's name may be of one part
        state = pr.GrayscaleSoftcopyPresentationState(
            referenced_images=[evidence],
            series_instance_uid=generate_uid(prefix=None),
            series_number=_SERIES_NUMBER,
            series_description="Reviewed findings, research use only",
            sop_instance_uid=generate_uid(prefix=None),
            instance_number=1,
            manufacturer=SOFTWARE,
            manufacturer_model_name=SOFTWARE,
            software_versions=__version__,
            device_serial_number=__version__,
            content_label="PNEUMONIA REVIEW",
            content_description="Reviewed findings, research use only",
            content_creator_name=person_name(image.review.reader),
            content_qualification=highdicom.ContentQualificationValues.RESEARCH,
            graphic_layers=[*layers.values(), notice],
            graphic_annotations=[
                *(
                    _annotation(finding, image, evidence, layers[finding.verdict], frame)
                    for finding in image.review.findings
                ),
                pr.GraphicAnnotation(
                    [evidence],
                    notice,
                    referenced_frame_number=frame,
                    text_objects=[pr.TextObject(_NOTICE, "DISPLAY", bounding_box=_NOTICE_PLACE)],
                ),
            ],
            modality_lut_transformation=_modality(radiograph.grey),
            voi_lut_transformations=[_voi(default_view(radiograph))],
            presentation_lut_transformation=highdicom.PresentationLUTTransformation(
                presentation_lut_shape=shape
            ),
        )
    mark_as_deidentified(state, evidence)
    state.Laterality = ""  # of type 2C, General Series: the lungs are paired, the boxes have sides
    return state


def _annotation(
    finding: ReviewedFinding,
    image: ReviewedImage,
    evidence: Dataset,
    layer: pr.GraphicLayer,
    frame: int | None,
) -> pr.GraphicAnnotation:
    x0, y0, x1, y1 = image.clipped(finding.box)
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    score = "" if finding.score is None else f"{finding.score:.2f} "
    return pr.GraphicAnnotation(
        [evidence],
        layer,
        referenced_frame_number=frame,
        graphic_objects=[pr.GraphicObject("POLYLINE", corners, "PIXEL")],
        text_objects=[
            pr.TextObject(
                f"{score}{finding.verdict.value}",
                "PIXEL",
                anchor_point=(x0, y0),
                anchor_point_visible=False,
            )
        ],
    )


def _modality(grey: GreyScale) -> highdicom.ModalityLUTTransformation:
    if isinstance(grey.modality, Rescale):
        return highdicom.ModalityLUTTransformation(
            rescale_intercept=grey.modality.intercept,
            rescale_slope=grey.modality.slope,
            rescale_type=_LUT_TYPE,
        )
    table = grey.modality
    return highdicom.ModalityLUTTransformation(
        modality_lut=_mapped_from(
            highdicom.ModalityLUT(_LUT_TYPE, 0, _entries(table), table.explanation or None), table
        )
    )


def _voi(view: View) -> pr.SoftcopyVOILUTTransformation:
    if isinstance(view, LookupTable):
        table = highdicom.VOILUT(0, _entries(view), view.explanation or None)
        return pr.SoftcopyVOILUTTransformation(voi_luts=[_mapped_from(table, view)])
    return pr.SoftcopyVOILUTTransformation(
        window_center=view.center,
        window_width=view.width,
        window_explanation=view.explanation or None,
        voi_lut_function=view.function.value,
    )


def _entries(table: LookupTable) -> NDArray[np.unsignedinteger[Any]]:
    return table.entries.astype(np.uint8 if table.bits == 8 else np.uint16)


def _mapped_from(lut: LutT, table: LookupTable) -> LutT:
    """Set the first value mapped, which may be below 0, in the LUT Descriptor (C.11.1.1)."""
    count, _, bits = lut.LUTDescriptor
    if table.first_mapped < 0:  # of VR SS; the count is unsigned all the same
        signed_count = count - 2**16 if count >= 2**15 else count
        lut["LUTDescriptor"] = DataElement(
            "LUTDescriptor", "SS", [signed_count, table.first_mapped, bits]
        )
    else:
        lut.LUTDescriptor = [count, table.first_mapped, bits]
    return lut
