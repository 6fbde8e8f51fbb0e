"""Studies on disk and their index. Knows no Qt."""
