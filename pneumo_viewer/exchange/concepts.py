"""The coded concepts of what we write, PS3.16.

All come from pydicom's dictionary. What it has no concept for, a reader's verdict on a detector's
box above all, has a private scheme, as PS3.3 8.2 allows.
"""

from __future__ import annotations

from typing import Final

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict

PRIVATE_SCHEME: Final = "99PNEUMO"

OPACITY: Final[Code] = codes.cid6102.Opacity
ABNORMAL_OPACITY: Final[Code] = codes.cid6101.AbnormalOpacity
LUNG: Final[Code] = codes.cid6100.Lung
LEFT: Final[Code] = codes.cid244.Left
RIGHT: Final[Code] = codes.cid244.Right
BOUNDED_BY: Final[Code] = codes.cid219.BoundedBy
PROBABILITY: Final[Code] = codes.DCM.Probability
NO_UNITS: Final[Code] = codes.UCUM.NoUnits
RADIOGRAPHY: Final[Code] = codes.cid100.XRUnspecifiedBodyRegion
PERSON: Final[Code] = codes.cid270.Person
DEVICE: Final[Code] = codes.cid270.Device
PERSON_NAME: Final[Code] = codes.DCM.PersonObserverName
COMMENT: Final[Code] = codes.DCM.Comment
FINDING: Final[Code] = codes.DCM.Finding
MEASUREMENT_GROUP: Final[Code] = codes.DCM.MeasurementGroup
ALGORITHM_NAME: Final[Code] = codes.DCM.AlgorithmName
ALGORITHM_VERSION: Final[Code] = codes.DCM.AlgorithmVersion
ALGORITHM_PARAMETERS: Final[Code] = codes.DCM.AlgorithmParameters
BASIC_PROFILE: Final[Code] = codes.cid7050.BasicApplicationConfidentialityProfile

EXAM_VERDICTS: Final[dict[ExamVerdict, Code]] = {
    ExamVerdict.PNEUMONIA: codes.cid240.Present,
    ExamVerdict.NO_PNEUMONIA: codes.cid240.Absent,
    ExamVerdict.UNSURE: codes.cid240.Undetermined,
}

PNEUMONIA: Final = Code("pneumonia", PRIVATE_SCHEME, "Pneumonia")
INTENDED_USE: Final = Code("intended-use", PRIVATE_SCHEME, "Intended use")
VERDICT: Final = Code("verdict", PRIVATE_SCHEME, "Reader's verdict")
VERDICTS: Final[dict[Verdict, Code]] = {
    verdict: Code(verdict.value, PRIVATE_SCHEME, verdict.value.capitalize()) for verdict in Verdict
}
STAGE: Final = Code("stage", PRIVATE_SCHEME, "Shown to the reader")
STAGES: Final[dict[Stage, Code]] = {
    Stage.BLINDED: Code("blinded", PRIVATE_SCHEME, "Neither detector nor ground truth"),
    Stage.DETECTOR: Code("detector", PRIVATE_SCHEME, "The detector's findings"),
    Stage.TRUTH: Code("truth", PRIVATE_SCHEME, "The detector's findings and the ground truth"),
    Stage.OPEN: Code("open", PRIVATE_SCHEME, "Everything, the reading is not blinded"),
}
PNEUMONIA_AT: Final[dict[Stage, Code]] = {
    Stage.BLINDED: Code("pneumonia-blinded", PRIVATE_SCHEME, "Pneumonia, read blinded"),
    Stage.DETECTOR: Code("pneumonia-detector", PRIVATE_SCHEME, "Pneumonia, detector revealed"),
    Stage.TRUTH: Code("pneumonia-truth", PRIVATE_SCHEME, "Pneumonia, ground truth revealed"),
    Stage.OPEN: Code("pneumonia-open", PRIVATE_SCHEME, "Pneumonia, read openly"),
}

FINGERPRINT_PARAMETER: Final = "weights fingerprint: "
PRESET_PARAMETER: Final = "preset: "
"""What the texts of `ALGORITHM_PARAMETERS` begin with."""
