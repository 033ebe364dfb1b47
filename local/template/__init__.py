"""The template in, the drawing that the local engine builds itself from out."""

from local.template.load import load

__all__ = ["load"]
