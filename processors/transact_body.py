"""A boto3 DynamoDB client in, the same client with a TransactWriteItems that costs half out.

botocore walks every attribute value of every action, and looks for the tables' names in them, in
Python. Here the body is encoded in one go and handed to botocore by its own `before-call` event;
signing, credentials, connection, retries and reply stay botocore's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from botocore.config import Config

from core.clients import Reply
from core.direct_body import DirectBody

# What the table's clients are built with. A user agent that is given is not put together, twice a
# request, from a dozen parts.
TABLE_CONFIG: Final = Config(
    parameter_validation=False,
    retries={"mode": "standard", "max_attempts": 4},
    user_agent="colour-cube",
)


class DirectTransact:
    """A TableClient over a boto3 DynamoDB client; threads may share it, as they may the client.

    No ClientRequestToken is sent, which botocore adds: the conditions of our transactions already
    make one that is sent again fail, and tell what it wrote.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._body = DirectBody(client, "dynamodb.TransactWriteItems")
        self.query = client.query
        self.put_item = client.put_item

    def transact_write_items(
        self,
        *,
        TransactItems: Sequence[Mapping[str, Any]],  # noqa: N803 - AWS's own parameter names
    ) -> Reply:
        """Write as the wrapped client does; raises what it raises."""
        body = msgspec.json.encode({"TransactItems": TransactItems})
        return self._body.send(body, self._write)

    def _write(self) -> Reply:
        reply: Reply = self._client.transact_write_items(TransactItems=())
        return reply
