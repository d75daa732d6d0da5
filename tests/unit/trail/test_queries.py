import re

import pytest

from answerable_trail.errors import QueryUnknown
from answerable_trail.queries import NamedQuery, Parameter, named_queries, named_query, parse

TEXT = """\
-- title: Things
-- answers: How many: things?
-- parameter since DateTime = 1970-01-01 00:00:00: only: later ones
-- parameter name String: whose
SELECT count() FROM t WHERE at >= {since:DateTime} AND name = {name:String};
"""


def test_the_header_tells_title_question_and_parameters() -> None:
    query = parse("things", TEXT)
    assert (query.title, query.answers) == ("Things", "How many: things?")
    assert query.parameters == (
        Parameter("since", "DateTime", "1970-01-01 00:00:00", "only: later ones"),
        Parameter("name", "String", None, "whose"),
    )
    assert not query.sql.endswith(";")


@pytest.mark.parametrize(
    "text", ["SELECT 1", "-- title: x\nSELECT 1", "-- title: x\n-- answers: y\n-- parameter z\nSELECT 1"]
)
def test_an_incomplete_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="things"):
        parse("things", text)


def test_defaults_fill_what_is_not_given() -> None:
    query = parse("things", TEXT)
    assert query.bind({"name": "a"}) == {"since": "1970-01-01 00:00:00", "name": "a"}


@pytest.mark.parametrize("given", [{}, {"name": "a", "colour": "red"}])
def test_parameters_too_few_or_too_many_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(QueryUnknown):
        parse("things", TEXT).bind(given)


@pytest.mark.parametrize("query", named_queries(), ids=lambda query: query.name)
def test_placeholders_are_those_that_the_header_documents(query: NamedQuery) -> None:
    used = set(re.findall(r"\{(\w+):([^}]+)\}", query.sql))
    assert used == {(parameter.name, parameter.kind) for parameter in query.parameters}


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(QueryUnknown, match="completeness"):
        named_query("nothing")


def test_there_are_fifteen_or_more_each_answers_a_question_and_needs_no_parameter() -> None:
    found = named_queries()
    assert len(found) >= 15
    assert all("?" in query.answers for query in found)
    assert [query.name for query in found if query.bind({}).keys() != {one.name for one in query.parameters}] == []
