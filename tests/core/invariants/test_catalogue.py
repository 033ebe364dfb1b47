"""The catalogue of invariants names functions that exist, and all of them."""

from types import FunctionType

from core.invariants import CATALOGUE, history, live, order
from core.invariants.invariant import Invariant


def test_the_catalogue_has_every_invariant_and_no_other() -> None:
    judging = {
        name
        for module in (live, history, order)
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__annotations__.get("return") is Invariant
    }
    assert judging == {entry.name for entry in CATALOGUE}
    assert len(CATALOGUE) == len(judging)


def test_every_entry_says_what_it_means_and_who_asks() -> None:
    for entry in CATALOGUE:
        assert entry.meaning.endswith("."), entry.name
        assert entry.promise, entry.name
        assert entry.evaluated_by, entry.name
