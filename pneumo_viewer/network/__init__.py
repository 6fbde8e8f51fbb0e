"""Archives of images in the network: asked only when the reader says so. Knows no Qt."""
