"""Running a trained network on radiographs."""
