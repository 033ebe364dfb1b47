"""Every poll is read in turn; the ones that are looked at, always."""

from dashboard.rotation import polls_to_read

POLLS = [f"poll-{number}" for number in range(20)]


def test_watched_polls_are_read_every_time_and_the_rest_in_turn() -> None:
    seen: set[str] = set()
    for turn in range(3):
        polls = polls_to_read(POLLS, {"poll-3", "gone"}, turn=turn, others_max=8)
        assert polls[0] == "poll-3"
        assert len(polls) == len(set(polls)) == 9
        seen |= set(polls)
    assert seen == set(POLLS)


def test_few_polls_are_all_read() -> None:
    assert polls_to_read(POLLS[:3], {"poll-1"}, turn=5, others_max=8) == [
        "poll-1",
        "poll-0",
        "poll-2",
    ]
