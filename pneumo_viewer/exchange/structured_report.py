"""Reviews as DICOM structured reports: Comprehensive SR after TID 1500, one an image.

Each box is a measurement group (TID 1410) with its region, finding, site, the algorithm that found
it (TID 4019), its probability and the reader's verdict. What holds for the whole image (the
reader's verdict on the exam, a comment, the model's probability) is a group of its own (TID 1501).
The reader is the person observer. `pneumo_viewer.exchange.reports` reads all of it back.

SCOORD coordinates are continuous, with (0, 0) at the top left corner of the first pixel (PS3.3
C.18.6.1.2), as ours are.
"""

from __future__ import annotations

from typing import Final

import highdicom
import numpy as np
from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from detector import __version__
from detector.detections import ModelIdentity
from detector.dicom.elements import quiet_pydicom
from detector.radiograph import ImageIdentity
from pneumo_viewer.exchange import concepts
from pneumo_viewer.exchange.evidence import SOFTWARE, mark_as_deidentified, person_name
from pneumo_viewer.exchange.records import (
    RESEARCH_USE_ONLY,
    Review,
    ReviewedFinding,
    ReviewedImage,
)
from pneumo_viewer.review.findings import Box

_SERIES_NUMBER: Final = 901


def structured_report(image: ReviewedImage, evidence: Dataset) -> Dataset:
    """Make the report of one image.

    Parameters
    ----------
    evidence
        `pneumo_viewer.exchange.evidence.evidence_of` the image.
    """
    frames = [1] if "NumberOfFrames" in evidence else None
    content = sr.MeasurementReport(
        observation_context=_observers(image.review.reader),
        procedure_reported=concepts.RADIOGRAPHY,
        imaging_measurements=[
            _exam_group(image.review, evidence, frames),
            *(
                _finding_group(number, finding, image, evidence, frames)
                for number, finding in enumerate(image.review.findings, start=1)
            ),
        ],
    )
    with quiet_pydicom():  # a patient's name may be of one part
        report = sr.ComprehensiveSR(
            evidence=[evidence],
            content=content,
            series_instance_uid=generate_uid(prefix=None),
            series_number=_SERIES_NUMBER,
            series_description="Reviewed findings, research use only",
            sop_instance_uid=generate_uid(prefix=None),
            instance_number=1,
            manufacturer=SOFTWARE,
            manufacturer_model_name=SOFTWARE,
            software_versions=__version__,
            is_complete=image.review.is_complete,
            content_qualification=highdicom.ContentQualificationValues.RESEARCH,
            coding_schemes=[
                CodingSchemeIdentificationItem(
                    concepts.PRIVATE_SCHEME, name=SOFTWARE, responsible_organization=SOFTWARE
                )
            ],
        )
    mark_as_deidentified(report, evidence)
    return report


def side_of(box: Box, identity: ImageIdentity) -> Code | None:
    """The patient's side on which a box is centred; None where the image does not say."""
    direction = identity.patient_orientation[0][:1] if identity.patient_orientation else ""
    if direction not in ("L", "R") or not identity.columns:
        return None
    is_in_left_half = (box[0] + box[2]) / 2 < identity.columns / 2
    # Columns that run towards the patient's left begin on the right.
    return concepts.RIGHT if is_in_left_half == (direction == "L") else concepts.LEFT


def _observers(reader: str) -> sr.ObservationContext:
    return sr.ObservationContext(
        observer_person_context=sr.ObserverContext(
            sr.CodedConcept.from_code(concepts.PERSON),
            sr.PersonObserverIdentifyingAttributes(person_name(reader)),
        ),
        observer_device_context=sr.ObserverContext(
            sr.CodedConcept.from_code(concepts.DEVICE),
            sr.DeviceObserverIdentifyingAttributes(
                uid=generate_uid(prefix=None, entropy_srcs=[SOFTWARE, __version__]),
                name=SOFTWARE,
                manufacturer_name=SOFTWARE,
                model_name=f"{SOFTWARE} {__version__}",
            ),
        ),
    )


def _exam_group(
    review: Review, evidence: Dataset, frames: list[int] | None
) -> sr.MeasurementsAndQualitativeEvaluations:
    evaluations = []
    if review.exam_verdict is not None:
        verdict = concepts.EXAM_VERDICTS[review.exam_verdict]
        evaluations.append(sr.QualitativeEvaluation(concepts.PNEUMONIA, verdict))
    evaluations += [
        sr.QualitativeEvaluation(concepts.PNEUMONIA_AT[stage], concepts.EXAM_VERDICTS[said])
        for stage, said in review.exam_verdicts_by_stage.items()
    ]
    evaluations.append(sr.QualitativeEvaluation(concepts.STAGE, concepts.STAGES[review.stage]))
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(generate_uid(prefix=None), "Exam"),
        algorithm_id=None if review.model is None else _algorithm(review.model),
        measurements=[] if review.exam_score is None else [_probability(review.exam_score)],
        qualitative_evaluations=evaluations,
        source_images=[
            sr.SourceImageForMeasurementGroup(evidence.SOPClassUID, evidence.SOPInstanceUID, frames)
        ],
    )
    texts = [(concepts.INTENDED_USE, RESEARCH_USE_ONLY), (concepts.COMMENT, review.comment)]
    for name, text in texts:
        if text:
            item = sr.TextContentItem(name, text, sr.RelationshipTypeValues.CONTAINS)
            group[0].ContentSequence.append(item)
    return group


def _finding_group(
    number: int,
    finding: ReviewedFinding,
    image: ReviewedImage,
    evidence: Dataset,
    frames: list[int] | None,
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    x0, y0, x1, y1 = image.clipped(finding.box)
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    source = sr.SourceImageForRegion(evidence.SOPClassUID, evidence.SOPInstanceUID, frames)
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(generate_uid(prefix=None), f"Finding {number}"),
        referenced_region=sr.ImageRegion(sr.GraphicTypeValues.POLYLINE, corners, source),
        geometric_purpose=concepts.BOUNDED_BY,
        finding_category=concepts.ABNORMAL_OPACITY,
        finding_type=concepts.OPACITY,
        finding_sites=[sr.FindingSite(concepts.LUNG, side_of(finding.box, image.identity))],
        algorithm_id=None if finding.model is None else _algorithm(finding.model),
        measurements=[] if finding.score is None else [_probability(finding.score)],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(concepts.VERDICT, concepts.VERDICTS[finding.verdict]),
            *(
                []
                if finding.stage is None
                else [sr.QualitativeEvaluation(concepts.STAGE, concepts.STAGES[finding.stage])]
            ),
        ],
    )


def _algorithm(model: ModelIdentity) -> sr.AlgorithmIdentification:
    return sr.AlgorithmIdentification(
        name=model.name,
        version=model.version,
        parameters=[
            f"{concepts.FINGERPRINT_PARAMETER}{model.fingerprint}",
            f"{concepts.PRESET_PARAMETER}{model.preset}",
        ],
    )


def _probability(value: float) -> sr.Measurement:
    return sr.Measurement(concepts.PROBABILITY, round(value, 9), concepts.NO_UNITS)
