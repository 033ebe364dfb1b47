"""What AWS, or the local engine, would not deliver is refused by name at reading the template."""

from typing import Any

import pytest

from core.errors import Misconfigured
from tests.local.template.delivery_properties import processor, properties, read, redshift, s3

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        properties() | {"DeliveryStreamType": "DirectPut"},
        "runs KinesisStreamAsSource, not DirectPut",
    ),
    (properties(CompressionFormat="Snappy"), "CompressionFormat: the local engine has no Snappy"),
    (properties(CompressionFormat="ZIP"), "CompressionFormat: the local engine has no ZIP"),
    (properties(CompressionFormat="gzip"), "CompressionFormat: the local engine has no gzip"),
    (properties(DynamicPartitioningConfiguration={}), "no DynamicPartitioningConfiguration"),
    (properties(DataFormatConversionConfiguration={}), "no DataFormatConversionConfiguration"),
    (properties(FileExtension=".x"), "no FileExtension"),
    (properties(CustomTimeZone="x"), "no CustomTimeZone"),
    (properties(BufferingHints={"SizeInMBs": 5}), "SizeInMBs and IntervalInSeconds, or neither"),
    (
        properties(BufferingHints={"SizeInMBs": 129, "IntervalInSeconds": 60}),
        "BufferingHints: SizeInMBs is 1 to 128",
    ),
    (
        properties(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 901}),
        "BufferingHints: IntervalInSeconds is 0 to 900",
    ),
    (
        properties(BufferingHints={"SizeInMBs": "many", "IntervalInSeconds": 1}),
        "SizeInMBs is a whole number",
    ),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs="3.1")), "SizeInMBs is 0.2 to 3"),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs="0.1")), "SizeInMBs is 0.2 to 3"),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs=1)), "is a string, not 1"),
    (
        properties(ProcessingConfiguration=processor(BufferIntervalInSeconds="901")),
        "BufferIntervalInSeconds is 0 to 900",
    ),
    (properties(ProcessingConfiguration=processor(NumberOfRetries="-1")), "NumberOfRetries is 0"),
    (
        properties(ProcessingConfiguration=processor(SchemaName="x")),
        "Processors: the .* no SchemaName",
    ),
    (
        properties(
            ProcessingConfiguration={
                "Enabled": True,
                "Processors": [{"Type": "AppendDelimiterToRecord"}],
            }
        ),
        "no AppendDelimiterToRecord",
    ),
    (
        properties(ProcessingConfiguration={"Processors": processor()["Processors"] * 2}),
        "one Lambda processor",
    ),
    (properties(Prefix="a/!{timestamp:yyyy}/"), "needs an ErrorOutputPrefix"),
    (
        properties(Prefix="a/!{firehose:error-output-type}/", ErrorOutputPrefix="e/"),
        "Prefix must not have",
    ),
    (
        properties(Prefix="a/", ErrorOutputPrefix="e/!{timestamp:yyyy}/"),
        "ErrorOutputPrefix must have",
    ),
    (properties(Prefix="x" * 513), "Prefix has over 512"),
    (
        properties(Prefix="!{partitionKeyFromQuery:x}", ErrorOutputPrefix="e/"),
        "no dynamic partitioning",
    ),
    (properties(S3BackupMode="Enabled", S3BackupConfiguration=s3()), "a backup needs a transform"),
    (properties(S3BackupMode="Sometimes"), "S3BackupMode is Enabled or Disabled"),
    (
        properties(
            ProcessingConfiguration=processor(),
            S3BackupMode="Enabled",
            S3BackupConfiguration=s3(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 59}),
        ),
        "the backup's BufferingHints: IntervalInSeconds is 60 to 900",
    ),
    (redshift() | properties(), "Exactly one destination configuration is supported"),
    (
        {k: v for k, v in properties().items() if "Extended" not in k},
        "Exactly one destination configuration is supported",
    ),
    (redshift(ClusterJDBCURL="redshift://x"), "ClusterJDBCURL has the form"),
    (
        redshift(S3Configuration=s3(Prefix="a/!{timestamp:yyyy}/", ErrorOutputPrefix="e/")),
        "with Redshift, Prefix has no expressions",
    ),
    (redshift(S3Configuration=s3(ErrorOutputPrefix="e/")), "with Redshift, Prefix has no expr"),
    (redshift(S3Configuration=s3(CompressionFormat="GZIP")), "CopyOptions say GZIP"),
    (
        redshift(CopyCommand={"DataTableName": "t", "CopyOptions": "JSON 'auto' gzip"}),
        "CopyOptions say GZIP",
    ),
    (redshift(RetryOptions={"DurationInSeconds": 7_201}), "DurationInSeconds is 0 to 7200"),
    (redshift(ClusterName="x"), "no ClusterName"),
]


@pytest.mark.parametrize(("values", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_aws_or_the_engine_would_not_run_is_named(values: dict[str, Any], said: str) -> None:
    """C9, C10, C15, C27, C33, C35, C42, C43, C51, C57."""
    with pytest.raises((Misconfigured, ValueError), match=said):
        read(values)
