"""Ground truth in, results out. Knows no Qt."""
