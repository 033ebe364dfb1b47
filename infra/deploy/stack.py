"""A stack's name and CloudFormation in, its change sets, outputs and end out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from core.errors import ServiceRefused, StackUnknown
from core.service_error import code_of
from infra.deploy.change_set import Change, changes_of

_LOOK_MS: Final = 2_000
_NOTHING: Final = ("didn't contain changes", "No updates are to be performed")
_MADE_BEFORE: Final = "REVIEW_IN_PROGRESS"  # a change set was made for it, and nothing else


class Stack:
    """One stack. `wait(ms)` passes time between two looks; `say` hears what goes on."""

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        wait: Callable[[int], None],
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._client = client
        self.name = name
        self._wait = wait
        self._say = say

    def status(self) -> str | None:
        """Return the stack's status, None where there is none."""
        try:
            found = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except Exception as error:
            if code_of(error) == "ValidationError":
                return None
            raise
        live = [str(each["StackStatus"]) for each in found]
        return next((each for each in live if each != "DELETE_COMPLETE"), None)

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs by name; raise ServiceRefused where there is no stack."""
        if self.status() is None:
            raise StackUnknown(f"reading stack {self.name}: there is none")
        (found,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}

    def plan(
        self,
        template_url: str,
        parameters: Mapping[str, str],
        *,
        declared: Iterable[str] = (),
        name: str,
    ) -> list[Change] | None:
        """Make a change set and return what it would change, None: nothing.

        What the stack was given before, of the parameters the template still has (`declared`),
        stays unless `parameters` say otherwise: nobody means to turn production into a test.
        """
        status = self.status()
        update = status not in (None, _MADE_BEFORE)
        self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if update else "CREATE",
            TemplateURL=template_url,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                *(
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in parameters.items()
                ),
                *(
                    {"ParameterKey": key, "UsePreviousValue": True}
                    for key in sorted(self._given() & set(declared) - parameters.keys())
                    if update
                ),
            ],
        )
        described = self._settled(name)
        if described["Status"] == "FAILED":
            reason = str(described.get("StatusReason", ""))
            self._client.delete_change_set(StackName=self.name, ChangeSetName=name)
            if any(words in reason for words in _NOTHING):
                return None
            raise ServiceRefused(f"planning stack {self.name}: {reason}")
        changes = list(described.get("Changes", ()))
        while described.get("NextToken"):
            described = self._client.describe_change_set(
                StackName=self.name, ChangeSetName=name, NextToken=described["NextToken"]
            )
            changes += described.get("Changes", ())
        return changes_of(changes)

    def apply(self, name: str) -> None:
        """Execute a change set; raise ServiceRefused with the first cause of a bad end."""
        self._client.execute_change_set(StackName=self.name, ChangeSetName=name)
        self._finish("_COMPLETE")

    def forget(self, name: str) -> None:
        """Drop a change set, and the empty stack it made, if it made one."""
        self._client.delete_change_set(StackName=self.name, ChangeSetName=name)
        if self.status() == _MADE_BEFORE:
            self._client.delete_stack(StackName=self.name)

    def destroy(self) -> None:
        """Delete the stack; what the template retains stays. Again changes nothing."""
        if self.status() is None:
            return
        self._client.delete_stack(StackName=self.name)
        self._finish("DELETE_COMPLETE")

    def _given(self) -> set[str]:
        """Return the parameters that the stack has values of, none where there is no stack."""
        if self.status() is None:
            return set()
        (found,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["ParameterKey"] for each in found.get("Parameters", ())}

    def identity(self) -> str:
        """Return what tells this stack from one of the same name that was deleted."""
        (found,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return str(found["StackId"]).rpartition("/")[2][:8]

    def _settled(self, name: str) -> dict[str, Any]:
        while True:
            described: dict[str, Any] = self._client.describe_change_set(
                StackName=self.name, ChangeSetName=name
            )
            if described["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                return described
            self._wait(_LOOK_MS)

    def _finish(self, wanted: str) -> None:
        said = ""
        while True:
            status = self.status() or "DELETE_COMPLETE"
            if status != said:
                self._say(f"{self.name}: {status.replace('_', ' ').lower()}")
                said = status
            if not status.endswith("_IN_PROGRESS"):
                break
            self._wait(_LOOK_MS)
        if not status.endswith(wanted) or "ROLLBACK" in status:
            raise ServiceRefused(f"changing stack {self.name}: {status}: {self._first_cause()}")

    def _first_cause(self) -> str:
        """Return the earliest failure of what was tried last."""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [
            event
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "")
        ]
        if not failed:
            return "no event says why"
        first = failed[-1]
        return (
            f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
        )
