"""Every limit of the local SQS, each with its source: AWS's quotas of a standard queue."""

import re
from typing import Final

MESSAGE_BYTES_MIN: Final = 1_024
MESSAGE_BYTES_MAX: Final = 1_048_576  # 256 KiB until August 2025
RETENTION_S_MIN: Final = 60
RETENTION_S_MAX: Final = 1_209_600  # 14 days
RETENTION_S: Final = 345_600
VISIBILITY_S_MAX: Final = 43_200
VISIBILITY_S: Final = 30
RECEIVE_MESSAGES_MAX: Final = 10
QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
# What XML 1.0 cannot hold, a message cannot either.
FORBIDDEN: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
