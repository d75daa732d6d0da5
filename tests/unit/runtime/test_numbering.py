from answerable_events.codec import Producer
from answerable_runtime.numbering import Numbering


def test_messages_are_counted_from_one() -> None:
    numbering = Numbering("/answerable/x", "run")
    assert [numbering.next() for _ in range(2)] == [Producer("/answerable/x", "run", n) for n in (1, 2)]


def test_after_a_message_that_may_not_be_published_another_run_begins() -> None:
    numbering = Numbering("/answerable/x", "run")
    numbering.begin_again()  # nothing has a number yet
    ids = []
    for _ in range(2):
        ids += [numbering.next(), numbering.next()]
        numbering.begin_again()
    assert [(each.id, each.sequence) for each in ids] == [("run", 1), ("run", 2), ("run.1", 1), ("run.1", 2)]
