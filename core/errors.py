"""What can go wrong, as one tree: each error has a stable code and, where a person can act, a hint.

CubeError
├── Misconfigured            a setting, a file or a port that a person has to change (exit 3)
│   ├── PortTaken
│   ├── DataFolderUnusable
│   ├── AlreadyRunning
│   ├── GateUnusable         a program of `make infra` is missing, or says what nobody can read
│   └── QuestionUnreadable   a file of sql/ whose header or SQL cannot be read
├── UsageError               a command's words are off (exit 2)
│   ├── ParameterRefused     a query's parameter is unknown, missing or no value of its kind
│   └── QueryRefused         SQL that is not sent: it would write, or is no one statement
├── InvariantBroken          two sources that must agree do not (exit 4)
├── ServiceRefused           an AWS service, or the local engine, refused or was away (exit 5)
│   ├── NotRunning
│   ├── StackUnknown         `cube --cloud` names a stack that is not there, or not ours
│   ├── StatementFailed      a statement of ours failed in the warehouse
│   ├── WarehouseAway        nothing answers at the warehouse, or it went away meanwhile
│   └── QueryFailed          the warehouse refused somebody's query, or gave up on it
│       └── QueryCancelled   it ran too long, or somebody stopped it
├── OutboxFull               the producer is ahead of the stream: wait, then offer again
├── OutboxDamaged            the outbox on disk cannot be read
├── PollUnknown              no poll of that name
├── PollRuleRefused          a change to a poll that its rules do not allow
├── LaneGapsExceeded         more holes in one lane than an item can hold
├── RulesTooOld              poll rules in hand do not reach the record's arrival
├── ContendedTooLong         a transaction lost to others too often: the batch is retried
├── VersionUnknown           newer code wrote an item in a form that this code does not know
└── ChunkUnfinished          a worker could not apply all of its chunk: Lambda tries again
"""

from typing import ClassVar


class CubeError(Exception):
    """Anything this project raises on purpose."""

    code: ClassVar[str] = "cube_error"
    hint: ClassVar[str] = ""
    exit_code: ClassVar[int] = 5


class Misconfigured(CubeError):
    """A setting, a file or a port is not usable as it is."""

    code = "misconfigured"
    hint = "Correct the setting the message names, then run the command again."
    exit_code = 3


class PortTaken(Misconfigured):
    """Another program listens on a port that we need."""

    code = "port_taken"
    hint = (
        "Stop that program, or choose another port: --aws-port, --dashboard-port, --warehouse-port."
    )


class DataFolderUnusable(Misconfigured):
    """The data folder cannot be written, or belongs to another version."""

    code = "data_folder_unusable"
    hint = "Choose another folder with --data, or make this one writable."


class AlreadyRunning(Misconfigured):
    """The data folder is in use by a running `cube up`."""

    code = "already_running"
    hint = "Use the one that runs (`cube status`), or stop it with `cube down`."


class GateUnusable(Misconfigured):
    """A gate on the template cannot run: its program is missing, or said nothing readable."""

    code = "gate_unusable"
    hint = "scripts/setup infra (make infra does so first), then try again."


class QuestionUnreadable(Misconfigured):
    """A file of sql/ has a header that cannot be read, or SQL that does not fit it."""

    code = "question_unreadable"
    hint = "sql/README.md says how a header is written."


class UsageError(CubeError):
    """A command's words are off."""

    code = "usage"
    exit_code = 2


class ParameterRefused(UsageError):
    """A query's parameter is unknown, missing or no value of its kind."""

    code = "parameter_refused"
    hint = "`cube query --list` shows each question's parameters."


class QueryRefused(UsageError):
    """SQL that is not sent to the warehouse."""

    code = "query_refused"
    hint = "One SELECT, WITH, SHOW or EXPLAIN at a time; `cube query --write` sends anything."


class InvariantBroken(CubeError):
    """Two sources that must agree do not."""

    code = "invariant_broken"
    hint = "`cube check` names the line and the difference."
    exit_code = 4


class ServiceRefused(CubeError):
    """An AWS service, or the local engine, refused a call or did not answer."""

    code = "service_refused"
    hint = "Look at `cube status`; the call is safe to repeat."
    exit_code = 5


class StackUnknown(ServiceRefused):
    """There is no stack of that name, or it is not a Colour Cube."""

    code = "stack_unknown"
    hint = "`cube deploy --stack NAME` makes one; the Region is AWS_DEFAULT_REGION's."


class NotRunning(ServiceRefused):
    """Nothing answers at the endpoint."""

    code = "not_running"
    hint = "Start it with `cube up`."


class StatementFailed(ServiceRefused):
    """A statement failed in the warehouse, and with it its transaction: nothing was done."""

    code = "statement_failed"
    hint = "The message has the warehouse's reason; `cube status` tells whether it runs."


class WarehouseAway(ServiceRefused):
    """Nothing answers at the warehouse, or it went away before it had answered."""

    code = "warehouse_away"
    hint = "Look at `cube status`; CUBE_WAREHOUSE_HOST and _PORT say where it is looked for."


class QueryFailed(ServiceRefused):
    """The warehouse refused a query, or gave up on it; `sqlstate` is "" when it named none."""

    code = "query_failed"
    hint = "The message is the warehouse's own; nothing was changed."

    def __init__(self, message: str, sqlstate: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class QueryCancelled(QueryFailed):
    """A query ran too long, or somebody stopped it."""

    code = "query_cancelled"
    hint = "Ask about less time, or give it longer: --timeout."


class OutboxFull(CubeError):
    """The producer is ahead of the stream; nothing was taken in."""

    code = "outbox_full"
    hint = "Wait until the outbox has drained below its limit, then offer the vote again."


class OutboxDamaged(CubeError):
    """The outbox on disk cannot be read."""

    code = "outbox_damaged"
    hint = "Keep the folder for inspection and start with a new one (--outbox)."


class PollUnknown(CubeError):
    """No poll of that name exists."""

    code = "poll_unknown"
    hint = "`cube poll list` shows the polls; `cube poll create NAME` makes one."
    exit_code = 2


class PollRuleRefused(CubeError):
    """A change to a poll that its rules do not allow: a palette only grows, time only goes on."""

    code = "poll_rule_refused"
    exit_code = 2


class LaneGapsExceeded(CubeError):
    """A lane has more holes than one item can hold."""

    code = "lane_gaps_exceeded"
    hint = "Re-drive the failed records first: each one closes a hole."


class RulesTooOld(CubeError):
    """The poll rules in hand were read too early to judge a record that arrived since."""

    code = "rules_too_old"


class ContendedTooLong(CubeError):
    """A transaction lost against others on every attempt; nothing was applied."""

    code = "contended_too_long"
    hint = (
        "The batch is retried by the event source mapping; lower ParallelizationFactor if it stays."
    )


class VersionUnknown(CubeError):
    """An item has a form of a newer version; reading it would be guessing."""

    code = "version_unknown"
    hint = "Deploy the newer version again: votes wait in the stream until then."


class ChunkUnfinished(CubeError):
    """A worker could not apply all of its chunk; what it applied stays applied."""

    code = "chunk_unfinished"
    hint = "Lambda tries twice more, then `cube recover list --kind live` shows the chunk."
