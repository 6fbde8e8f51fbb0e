"""The radiograph on the screen."""
