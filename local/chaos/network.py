"""The way between a producer and the stream in, the same with connections cut in the middle out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.chaos import limits
from local.chaos.cut_proxy import CutProxy, Mode
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.cli.wait import wait_until


@contextmanager
def behind_proxy(target: Target) -> Iterator[None]:
    """Let the producer speak to the stream through a proxy."""
    proxy = CutProxy(target.system.aws_port, target.rng, cut_bytes_max=limits.CUT_BYTES_MAX)
    target.extra["proxy"] = proxy
    target.producer.go_to(f"http://127.0.0.1:{proxy.port}")
    try:
        yield
    finally:
        proxy.close()


def mode(chosen: Mode) -> Callable[[Target], IsBack]:
    """Return a strike that has the proxy in that mode for a while."""

    def strike(target: Target) -> IsBack:
        proxy = target.extra["proxy"]
        assert isinstance(proxy, CutProxy), "it was put there before"
        before = proxy.cuts
        proxy.mode = chosen
        try:
            wait_until(lambda: False, target.hold_s)
            struck = wait_until(lambda: proxy.cuts > before, limits.FLOW_S_MAX)
        finally:
            proxy.mode = "whole"
        target.demand(struck, "no connection was struck")
        return at_once

    return strike


FAULTS = (
    Fault(
        name="cut-connections",
        what="connections between producer and stream end after some bytes of request or answer",
        strike=mode("cut"),
        around=behind_proxy,
    ),
    Fault(
        name="half-open",
        what="connections between producer and stream that stay open and say nothing any more",
        strike=mode("half-open"),
        around=behind_proxy,
    ),
)
