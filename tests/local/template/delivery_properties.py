"""Properties of a delivery stream as a template gives them: for tests."""

from typing import Any

from local.drawing import DeliverySpec
from local.template.delivery import read_delivery

BUCKET = "arn:aws:s3:::cube-lake"
ROLE = "arn:aws:iam::000000000000:role/x"


def s3(**more: Any) -> dict[str, Any]:
    return {"BucketARN": BUCKET, "RoleARN": ROLE, **more}


def processor(**parameters: Any) -> dict[str, Any]:
    given = {"LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:transform", **parameters}
    pairs = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": pairs}]}


def properties(**extended: Any) -> dict[str, Any]:
    return {
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/votes",
            "RoleARN": ROLE,
        },
        "ExtendedS3DestinationConfiguration": s3(**extended),
    }


def redshift(**more: Any) -> dict[str, Any]:
    given = properties()
    del given["ExtendedS3DestinationConfiguration"]
    given["RedshiftDestinationConfiguration"] = {
        "ClusterJDBCURL": "jdbc:redshift://x.redshift-serverless.amazonaws.com:5439/votes",
        "RoleARN": ROLE,
        "CopyCommand": {"DataTableName": "landing"},
        "S3Configuration": s3(),
        **more,
    }
    return given


def read(values: dict[str, Any]) -> DeliverySpec:
    return read_delivery("Lake", "lake", values)
