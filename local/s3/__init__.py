"""Buckets and objects in, a folder that ordinary tools can read out: the slice of S3 we call."""

from local.s3.api import S3Service

__all__ = ["S3Service"]
