"""A source of randomness in, the ids that AWS puts on every answer out."""

import base64
import random
import uuid


class RequestIds:
    """Ids for answers; they only have to look right and differ."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def request_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def extended_id(self) -> str:
        return base64.b64encode(self._rng.randbytes(48)).decode()
