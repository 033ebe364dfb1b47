"""A poll's trend in, `polls.{poll}.trend` of the API and of the stream's ticks out.

Times are epoch ms, UTC; rates are votes a second; what is not known is null, never 0.
"""

from typing import Any

from dashboard.limits import LEADER_CHANGES_MAX, TREND_COLOURS_SHOWN_MAX
from dashboard.trend import Momentum, Trend


def trend_entry(trend: Trend | None, *, as_of: int) -> dict[str, Any]:
    """Return the entry; `heard` null says that the table has no trend of this poll."""
    if trend is None:
        return {"as_of": as_of, "heard": None}
    changes = [change for change in trend.changes if change.before is not None]
    return {
        "as_of": as_of,
        "heard": (trend.heard + 1) * 1000,
        "until": (trend.until + 1) * 1000,
        "stale": trend.stale,
        "behind_s": trend.behind_s,
        "momentum": [_momentum(each) for each in trend.momentum[:TREND_COLOURS_SHOWN_MAX]],
        "leader": trend.changes[0].leader if trend.changes else None,
        "leader_changes": [
            {"at": change.second * 1000, "leader": change.leader, "before": change.before}
            for change in changes[:LEADER_CHANGES_MAX]
        ],
        "suspects": None if trend.suspects is None else [each._asdict() for each in trend.suspects],
    }


def _momentum(each: Momentum) -> dict[str, Any]:
    return {
        "colour": each.colour,
        "per_s_10": round(each.short_rate, 1),
        "per_s_60": round(each.long_rate, 1),
        "ratio": None if each.ratio is None else round(each.ratio, 2),
        "direction": each.direction,
        "spark": each.spark,
    }
