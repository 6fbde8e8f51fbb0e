"""Verdicts: state, operations and the store. Knows no Qt."""
