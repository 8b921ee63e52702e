"""The HTTP service: predictions, descriptors and models over a typed border."""
