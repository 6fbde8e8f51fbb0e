"""The systems that the detector is compared with."""
