"""The HTTP service: predictions, descriptors and models over a typed border."""

from serving.app import create_app
from serving.champions import Champions
from serving.settings import Settings

__all__ = ["Champions", "Settings", "create_app"]
