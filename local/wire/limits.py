"""Limits of the HTTP endpoint itself, each with its reason."""

from typing import Final

BODY_BYTES_MAX: Final = 16 * 1024 * 1024  # 10 MiB of PutRecords grow by a third in base64
OBJECT_BYTES_MAX: Final = 64 * 1024 * 1024  # a PutObject: AWS takes 5 GiB, a desk needs far less
DRAINED_BYTES_MAX: Final = 256 * 1024 * 1024  # read and thrown away so that a client sees its 413
NESTING_MAX: Final = 100  # DynamoDB itself allows 32; a parser must not run out of stack
VIOLATIONS_SHOWN_MAX: Final = 10  # AWS lists no more (clause A48)
VALUE_TEXT_MAX: Final = 1_024  # of a refused value, repeated in the message
INVOKE_SYNC_REQUEST_BYTES_MAX: Final = 6_291_456  # clause B48: 6 MiB
INVOKE_ASYNC_REQUEST_BYTES_MAX: Final = 1_048_576  # clause B48: 1 MiB
KEEP_ALIVE_S: Final = 75  # longer than the pools of SDKs keep an idle connection
S3_THREADS: Final = 4  # an upload that waits for the disk does not hold up a listing
