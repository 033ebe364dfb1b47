"""An account in, a private bucket for bundles and templates out."""

import json
from collections.abc import Iterable
from typing import Any, Final

from core.service_error import code_of
from infra.bundle.bundle import Bundle

_KEPT_DAYS: Final = 90  # versions of code that a rollback may ask for


class Artifacts:
    """The bucket of one account and Region: made when it is first needed."""

    def __init__(self, s3: Any, *, account: str, region: str) -> None:
        self._s3 = s3
        self._region = region
        self.bucket = f"cube-artifacts-{account}-{region}"

    def make(self) -> None:
        """Make the bucket, closed to the public and to plain HTTP; again changes nothing."""
        place = (
            {}
            if self._region == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        )
        try:
            self._s3.create_bucket(Bucket=self.bucket, **place)
        except Exception as error:
            if code_of(error) != "BucketAlreadyOwnedByYou":
                raise
        self._s3.put_public_access_block(
            Bucket=self.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        arn = f"arn:aws:s3:::{self.bucket}"
        statement = {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self._s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))
        rule = {
            "ID": "OldCode",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": _KEPT_DAYS},
        }
        self._s3.put_bucket_lifecycle_configuration(
            Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]}
        )

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def put_bundles(self, made: Iterable[Bundle]) -> None:
        for bundle in made:
            self.put(bundle.key, bundle.data)

    def url(self, key: str) -> str:
        """Return the address of an object as CloudFormation takes it."""
        endpoint = str(self._s3.meta.endpoint_url).rstrip("/")
        if "amazonaws.com" in endpoint:
            return f"https://{self.bucket}.s3.{self._region}.amazonaws.com/{key}"
        return f"{endpoint}/{self.bucket}/{key}"
