"""Where radiographs and their ground truth come from."""
