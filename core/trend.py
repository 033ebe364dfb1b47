"""What one shard brought lately in, an item of the trend table out, and back.

A state is a poll's trend on one shard. Seconds are of arrival at Kinesis, since 1970. `seconds` has
votes by colour of the last TREND_SECONDS seconds, `slots` of the last TREND_SLOTS slots of
TREND_SLOT_S seconds; the last entry of each list is that of `second`.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core import limits
from core.item import Item, from_item, to_item
from core.keys import trend_pk, trend_sk
from core.sketch import Sketch


class Watch(msgspec.Struct, kw_only=True):
    """Who votes: names by weight, where a vote's weight halves soon, and where it halves late."""

    recent: Sketch
    usual: Sketch

    def copy(self) -> "Watch":
        return Watch(recent=self.recent.copy(), usual=self.usual.copy())


class TrendState(msgspec.Struct, kw_only=True):
    """One poll on one shard, up to and with the record `through`, which arrived in `second`.

    `began` is the second of the first record seen.
    """

    through: int
    began: int
    second: int
    seconds: dict[str, list[int]] = {}
    slots: dict[str, list[int]] = {}
    devices: Watch
    regions: Watch

    def copy(self) -> "TrendState":
        return TrendState(
            through=self.through,
            began=self.began,
            second=self.second,
            seconds={colour: list(counts) for colour, counts in self.seconds.items()},
            slots={colour: list(counts) for colour, counts in self.slots.items()},
            devices=self.devices.copy(),
            regions=self.regions.copy(),
        )


def new_state(second: int) -> TrendState:
    """Return the state of a shard from whose beginning nothing was seen."""
    devices, regions = (Watch(recent=Sketch(), usual=Sketch()) for _ in range(2))
    return TrendState(through=0, began=second, second=second, devices=devices, regions=regions)


_THROUGH: Final = "through"  # text: a sequence number has more digits than a number here
_decoder: Final = msgspec.json.Decoder(TrendState, strict=False)


def to_trend_item(poll: str, shard: str, state: TrendState) -> Item:
    """Return the item of one poll on one shard; it goes away when nobody asks for it any more."""
    return to_item(
        {
            "pk": trend_pk(poll),
            "sk": trend_sk(shard),
            _THROUGH: str(state.through),
            "second": state.second,
            "state": msgspec.json.encode(msgspec.structs.replace(state, through=0)).decode(),
            "expires_at": state.second + limits.TREND_KEPT_S,
        }
    )


def from_trend_item(item: Mapping[str, Any]) -> TrendState:
    """Return the state that an item holds; raise ValueError for one that holds none."""
    values = from_item(item)
    try:
        state = _decoder.decode(values["state"])
        state.through = int(values[_THROUGH])
    except (KeyError, TypeError, msgspec.MsgspecError) as error:
        raise ValueError(f"reading trend item {values.get('sk')}: {error}") from error
    return state
