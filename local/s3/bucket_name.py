"""A bucket's name in, the same name out, or S3's refusal."""

import re
from typing import Final

from local.aws_error import AwsError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def valid_bucket_name(name: str) -> str:
    """Return `name`; AwsError InvalidBucketName when S3 would not take it."""
    if _NAME.fullmatch(name) is None or ".." in name:
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")
    return name
