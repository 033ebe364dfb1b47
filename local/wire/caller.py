"""A service's method and its arguments in, the reply out, on the thread where it belongs."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from local.aws_error import AwsError
from local.wire.group_commit import GroupCommit

Reply = dict[str, Any]
Method = Callable[..., Reply]
Result = TypeVar("Result")


class Caller(Protocol):
    """How one service is called."""

    async def call(self, name: str, method: Method, params: Mapping[str, Any]) -> Reply: ...

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run something else where this service's calls run, so that they do not meet."""
        ...

    async def close(self) -> None: ...


class ThreadCaller:
    """Calls on threads of their own: one for SQLite (a call at a time), a few for files."""

    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"wire-{name}")

    async def call(self, name: str, method: Method, params: Mapping[str, Any]) -> Reply:
        return await self.run(lambda: method(**params))

    async def run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def close(self) -> None:
        self._executor.shutdown(wait=True)


class KinesisCaller:
    """Puts append on the event loop and share one commit; the rest answers on the loop.

    A put is acknowledged only when the commit that covers it has returned.
    """

    def __init__(self, service: Any) -> None:
        self._append: Method = service.append_records
        self._group = GroupCommit(service.commit)

    async def call(self, name: str, method: Method, params: Mapping[str, Any]) -> Reply:
        if name == "PutRecords":
            return await self._put(params)
        if name == "PutRecord" and "SequenceNumberForOrdering" not in params:
            return await self._put_one(params)
        if name.startswith(("Get", "List", "Describe")):
            return method(**params)
        # Rare, and it may have to wait for the disk: resharding, creating, an ordered put.
        return await self._group.run(lambda: method(**params))

    async def run(self, work: Callable[[], Result]) -> Result:
        return await self._group.run(work)

    async def close(self) -> None:
        await self._group.close()

    async def _put(self, params: Mapping[str, Any]) -> Reply:
        reply = self._append(**params)
        await self._group.committed()
        return reply

    async def _put_one(self, params: Mapping[str, Any]) -> Reply:
        stream = {name: params[name] for name in ("StreamName", "StreamARN") if name in params}
        record = {name: value for name, value in params.items() if name not in stream}
        try:
            reply = await self._put({**stream, "Records": [record]})
        except AwsError as error:  # it was a record among others, and is one by itself
            message = error.message.replace("records.1.member.", "")
            raise AwsError(error.code, message, status=error.status) from None
        (result,) = reply["Records"]
        if "ErrorCode" in result:  # clause A6: the whole call fails
            status = 500 if result["ErrorCode"] == "InternalFailure" else 400
            raise AwsError(result["ErrorCode"], result["ErrorMessage"], status=status)
        return dict(result)
