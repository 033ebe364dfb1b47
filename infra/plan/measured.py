"""Nothing in, the constants of the plan out: each measured here, or assumed of AWS and said so."""

from typing import Final

import msgspec


class Constants(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes and times that the plan multiplies; what is ours to choose is in core/limits.py."""

    # --- of the shipped code: a test measures the sizes, `cube bench` the times on one core ---
    vote_bytes: float = 134.0  # a generated vote's line
    stamp_bytes: float = 92.0  # the first line of a packed record
    fold_us: float = 1.0  # CPU a vote, bytes in, tallies out
    transaction_cpu_ms: float = 3.0  # botocore's part of one transaction
    refine_us: float = 4.7  # CPU a vote: the transform
    trend_us: float = 1.5  # CPU a vote: the trend function
    lake_bytes: float = 16.0  # a vote's row, compressed
    backup_bytes: float = 15.0  # a vote's raw bytes, compressed
    warehouse_bytes: float = 24.0  # a vote in the warehouse
    log_line_bytes: float = 970.0

    # --- assumed of AWS ---
    polls_a_second: float = 1.0  # Lambda asks a shard about once a second
    fan_out_calls_a_second: float = 4.0  # calls a shard and second with enhanced fan-out
    batch_records_max: int = 500
    shard_use: float = 0.6  # how far shards are filled, so that a peak fits
    capacity_use: float = 0.7  # the same of provisioned write units
    table_read_units: float = 100.0  # of the template, beside TableWriteUnits
    function_cores: float = 1_024 / 1_769  # 1,024 MB get that share of a core
    function_gb: float = 1.0
    transaction_wait_ms: float = 15.0  # a call to DynamoDB, there and back
    call_overhead_ms: float = 2.0
    transform_call_s: float = 3.0  # Firehose's buffer for the transform: 1 MB or 3 s
    transform_call_bytes: float = 1_048_576
    platform_log_bytes: float = 400.0  # START, END and REPORT of a call
    reader_units_a_second: float = 12.0  # the dashboard's reading
    dashboard_cores: float = 0.5
    dashboard_gb: float = 1.0
    metrics: int = 20
    alarms: int = 14
    zones: int = 3


MEASURED: Final = Constants()
