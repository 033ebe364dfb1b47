"""An invocation's facts in, the `context` argument that a handler sees out."""

from core.clock import Clock


class LambdaContext:
    """The members of AWS's context object that do not depend on a mobile client."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(
        self,
        *,
        function_name: str,
        memory_mb: int,
        request_id: str,
        timeout_ms: int,
        clock: Clock,
    ) -> None:
        self.function_name = function_name
        self.memory_limit_in_mb = str(memory_mb)  # AWS: a string
        self.aws_request_id = request_id
        self.invoked_function_arn = (
            f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}"
        )
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self._clock = clock
        self._deadline_ms = clock.monotonic_ms() + timeout_ms

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the process is killed, at least 0."""
        return max(0, self._deadline_ms - self._clock.monotonic_ms())
