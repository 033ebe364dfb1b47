"""What a gate has to say: one fault of one resource, named so that a baseline can accept it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`tool` and `check` name the rule; `resource` is a logical id, or `-` for the whole."""

    tool: str
    check: str
    resource: str
    message: str

    def __str__(self) -> str:
        return f"{self.tool} {self.check} {self.resource}: {self.message}"
