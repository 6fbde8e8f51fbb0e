"""Radiographs in, boxes out."""

__version__ = "0.1.0"
