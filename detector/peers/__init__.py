"""The published detectors that the centre-and-scale network is compared with, one file each."""
