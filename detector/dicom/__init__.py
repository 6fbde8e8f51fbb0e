"""DICOM files and pictures as :class:`~detector.radiograph.Radiograph`."""
