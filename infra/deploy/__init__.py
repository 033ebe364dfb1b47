"""Bundles, the drawing and clients of AWS in, a running stack and its outputs out."""
