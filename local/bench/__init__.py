"""A part of the system in, how fast it is on this machine out."""

from local.bench.catalog import BENCHES, run_bench

__all__ = ["BENCHES", "run_bench"]
