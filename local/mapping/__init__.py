"""A Kinesis stream in, a function invoked with its records out: Lambda's event source mapping."""

from local.mapping.consumer import ShardConsumer
from local.mapping.positions import PositionStore, ShardPosition
from local.mapping.runner import MappingRunner
from local.mapping.status import MappingStatus, ShardStatus

__all__ = [
    "MappingRunner",
    "MappingStatus",
    "PositionStore",
    "ShardConsumer",
    "ShardPosition",
    "ShardStatus",
]
