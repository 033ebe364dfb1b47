"""The engine's metrics in Prometheus' text: the functions' own, and the engine's."""

from local.metrics.page import MetricsPage

__all__ = ["MetricsPage"]
