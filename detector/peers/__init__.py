"""Other published detectors, for comparison: one file a system."""
