"""S3's own limits, and what a file system adds to them."""

from typing import Final

KEY_BYTES_MAX: Final = 1_024  # AWS: an object key, UTF-8
SEGMENT_BYTES_MAX: Final = 240  # a file name holds 255; room for the suffix of a displaced object
LIST_KEYS_MAX: Final = 1_000  # AWS: one page
DELETE_KEYS_MAX: Final = 1_000  # AWS: one DeleteObjects call
USER_METADATA_BYTES_MAX: Final = 2_048  # AWS: names and values together
