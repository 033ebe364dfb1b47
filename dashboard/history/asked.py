"""An address's parameters in, the question that is asked and what was given for it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.question import Given, Question
from dashboard.history.refusal import QuestionUnknown


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the texts given for its parameters, as they came: nothing is read yet."""

    question: Question
    given: Mapping[str, Given]

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two askings the same; `now-1h` is the same asking a moment later."""
        return (self.question.name, *sorted(self.given.items()))


def read_asked(items: Sequence[tuple[str, str]], questions: Mapping[str, Question]) -> Asked:
    """Return what is asked; raise QuestionUnknown.

    Whatever is not `question` is a parameter. One that is given several times is a list.
    """
    found: dict[str, list[str]] = {}
    for name, text in items:
        found.setdefault(name, []).append(text)
    names = found.pop("question", [])
    question = questions.get(names[0]) if len(names) == 1 else None
    if question is None:
        named = ", ".join(name[:40] for name in names) or "no name"
        raise QuestionUnknown(f"finding the question: {named} is not one of {len(questions)}")
    given = {name: texts[0] if len(texts) == 1 else tuple(texts) for name, texts in found.items()}
    return Asked(question, given)
