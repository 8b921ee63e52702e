"""Charts drawn by the service as SVG: sharp at any size, readable without a script."""
