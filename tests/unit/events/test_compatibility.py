"""The gate on planted edits: of the published schema of one event, and in a scratch git repository."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from answerable_events.compatibility import main, report, violations
from answerable_events.generate import write
from answerable_events.requests import QuestionAsked, VerdictDecided
from answerable_events.schema import JsonObject, reader_schema, render
from answerable_events.schema_history import Revision
from answerable_events.topics import event_types

Edit = Callable[[JsonObject], Any]
QUESTION, VERDICT = reader_schema(QuestionAsked), reader_schema(VerdictDecided)


def at(*path: str | int) -> Callable[[JsonObject], Any]:
    def find(schema: JsonObject) -> Any:
        found: Any = schema
        for part in path:
            found = found[part]
        return found

    return find


fields, required, asker = at("properties"), at("required"), at("$defs", "Asker")
text = at("properties", "text")


def field_required(schema: JsonObject) -> None:
    fields(schema)["channel"] = {"type": "string"}
    required(schema).append("channel")


def field_renamed(schema: JsonObject) -> None:
    fields(schema)["wording"] = fields(schema).pop("text")
    required(schema)[required(schema).index("text")] = "wording"


def optional_field_renamed(schema: JsonObject) -> None:
    fields(schema)["important"] = fields(schema).pop("consequential")


def required_field_removed(schema: JsonObject) -> None:
    del fields(schema)["asked_at"]
    required(schema).remove("asked_at")


SAFE: dict[str, Edit] = {
    "nothing": lambda _: None,
    "optional field with a default added": lambda one: fields(one).update(mood={"type": "string", "default": ""}),
    "optional record added": lambda one: fields(one).update(
        place={"type": "object", "properties": {"site": {"type": "string"}}, "required": ["site"]}
    ),
    "optional field added to a nested record": lambda one: asker(one)["properties"].update(
        unit={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    ),
    "description, title, consumers changed": lambda one: one.update(
        {"description": "Other words.", "title": "Asked", "x-consumers": ["audit"]}
    ),
    "order of fields changed": lambda one: one.update(properties=dict(reversed(fields(one).items()))),
    "definition renamed": lambda one: (
        one["$defs"].update(Person=one["$defs"].pop("Asker")),
        fields(one).update(asker={"$ref": "#/$defs/Person"}),
    ),
    "definition written in place": lambda one: fields(one).update(asker=one["$defs"].pop("Asker")),
}
BREAKING: dict[str, tuple[Edit, str]] = {
    "required field removed": (required_field_removed, "$.asked_at"),
    "required field added": (field_required, "$.channel"),
    "field renamed": (field_renamed, "$.wording"),
    "optional field renamed": (optional_field_renamed, "$.consequential"),
    "optional field removed": (lambda one: fields(one).pop("deadline"), "$.deadline"),
    "required field made optional": (lambda one: required(one).remove("text"), "$.text"),
    "optional field made required": (lambda one: required(one).append("deadline"), "$.deadline"),
    "longest text shortened": (lambda one: text(one).update(maxLength=4_000), "$.text"),
    "longest text lengthened": (lambda one: text(one).update(maxLength=9_000), "$.text"),
    "shortest text lengthened": (lambda one: text(one).update(minLength=2), "$.text"),
    "limit dropped": (lambda one: text(one).pop("maxLength"), "$.text"),
    "pattern changed": (lambda one: at("properties", "tenant")(one).update(pattern="^[a-z]+$"), "$.tenant"),
    "format changed": (lambda one: at("properties", "asked_at")(one).update(format="date"), "$.asked_at"),
    "type changed": (lambda one: fields(one).update(text={"type": "integer"}), "$.text"),
    "flag became a text": (lambda one: fields(one).update(consequential={"type": "string"}), "$.consequential"),
    "null no longer allowed": (
        lambda one: fields(one).update(deadline={"type": "string", "format": "date-time"}),
        "$.deadline",
    ),
    "null allowed": (
        lambda one: fields(one).update(asked_at={"anyOf": [fields(one)["asked_at"], {"type": "null"}]}),
        "$.asked_at",
    ),
    "list became a text": (
        lambda one: asker(one)["properties"].update(groups={"type": "string"}),
        "$.asker.groups",
    ),
    "nested field renamed": (
        lambda one: asker(one)["properties"].update(teams=asker(one)["properties"].pop("groups")),
        "$.asker.groups",
    ),
    "default changed": (lambda one: fields(one)["consequential"].update(default=True), "$.consequential"),
}
VERDICT_BREAKING: dict[str, tuple[Edit, str]] = {
    "value added to an enum": (lambda one: at("properties", "action", "enum")(one).append("escalate"), "$.action"),
    "value removed from an enum": (lambda one: at("properties", "action", "enum")(one).remove("review"), "$.action"),
    "enum opened": (lambda one: fields(one).update(action={"type": "string"}), "$.action"),
    "upper bound raised": (lambda one: fields(one)["confidence"].update(maximum=100), "$.confidence"),
    "lower bound raised": (lambda one: fields(one)["threshold"].update(minimum=0.5), "$.threshold"),
    "field of a list's items required": (
        lambda one: at("$defs", "CheckResult", "required")(one).append("reason"),
        "$.checks[*].reason",
    ),
}


def found_paths(schema: JsonObject, edit: Edit) -> set[str]:
    edited, name = deepcopy(schema), schema["x-type"]
    edit(edited)
    return {one.path for one in violations({name: edited}, [Revision(name, "commit 1", schema)])}


@pytest.mark.parametrize("edit", SAFE.values(), ids=SAFE)
def test_a_compatible_edit_passes(edit: Edit) -> None:
    edited = deepcopy(QUESTION)
    edit(edited)
    assert violations({"q": edited}, [Revision("q", "commit 1", QUESTION)]) == []


@pytest.mark.parametrize(("edit", "path"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_edit_of_a_question_is_found_at_its_place(edit: Edit, path: str) -> None:
    assert path in found_paths(QUESTION, edit)


@pytest.mark.parametrize(("edit", "path"), VERDICT_BREAKING.values(), ids=VERDICT_BREAKING)
def test_a_breaking_edit_of_a_verdict_is_found_at_its_place(edit: Edit, path: str) -> None:
    assert path in found_paths(VERDICT, edit)


@pytest.mark.parametrize("name", sorted(BREAKING.keys() - {"optional field removed"}))
def test_the_reverse_of_a_breaking_edit_breaks_too(name: str) -> None:
    edited = deepcopy(QUESTION)
    BREAKING[name][0](edited)
    assert violations({"q": QUESTION}, [Revision("q", "commit 1", edited)]) != []


def test_a_change_is_compared_with_every_version_not_only_the_last() -> None:
    with_number = deepcopy(QUESTION)
    fields(with_number)["mood"] = {"type": "integer", "default": 0}
    with_text = deepcopy(QUESTION)
    fields(with_text)["mood"] = {"type": "string", "default": "calm"}
    revisions = [Revision("q", "commit 2", QUESTION), Revision("q", "commit 1", with_number)]
    found = violations({"q": with_text}, revisions)
    assert {(one.path, one.compared_with) for one in found} == {("$.mood", "commit 1")}


def test_a_removed_event_type_is_found_and_its_consumers_are_those_it_had() -> None:
    (found,) = violations({}, [Revision("io.answerable.question.asked.v1", "commit 1", QUESTION)])
    assert (found.change, found.consumers) == ("the event type was removed", ("audit", "retrieval"))


def test_the_report_names_type_place_version_consumers_and_the_way_out() -> None:
    edited = deepcopy(QUESTION)
    text(edited).update(maxLength=4_000)
    name = QUESTION["x-type"]
    said = report(violations({name: edited}, [Revision(name, "commit 1a2b3c4", QUESTION)]))
    for part in (
        name,
        "$.text",
        "maxLength 8000",
        "commit 1a2b3c4",
        "audit, retrieval",
        "io.answerable.question.asked.v2",
    ):
        assert part in said


class Repository:
    """A scratch git repository with the published schemas in it."""

    def __init__(self, root: Path) -> None:
        self.schemas = root / "schemas"
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Tester", "-c", "user.email=tester@norvik.example", "-c", "commit.gpgsign=false")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def edit(self, edit: Edit) -> None:
        """Plant a version of the question's schema other than what the models say."""
        path = self.schemas / "events" / "io.answerable.question.asked.v1.json"
        schema = json.loads(path.read_text("utf-8"))
        edit(schema)
        path.write_text(render(schema), "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "project")
    write(found.schemas)
    return found


def test_the_gate_passes_a_history_without_breaking_edits(repository: Repository, capsys: Any) -> None:
    repository.commit("First")
    repository.edit(lambda one: (fields(one).pop("consequential"), one.update(description="Less was known then.")))
    repository.commit("An optional field less than the models have")
    write(repository.schemas)
    repository.commit("The field was added")
    assert main([str(repository.schemas)]) == 0
    assert f"{len(event_types())} event types are compatible" in capsys.readouterr().out


def test_the_gate_fails_when_the_models_break_the_committed_file(repository: Repository, capsys: Any) -> None:
    repository.edit(lambda one: text(one).update(maxLength=10_000))
    repository.commit("What was published is wider than the models are now")
    assert main([str(repository.schemas)]) == 1
    assert "$.text: the new reader refuses what was written before: maxLength 10000" in capsys.readouterr().out


def test_the_gate_fails_on_a_break_that_only_the_history_knows(repository: Repository, capsys: Any) -> None:
    repository.edit(field_required)
    repository.commit("Published with another required field")
    repository.git("checkout", "--quiet", "-b", "next")
    repository.edit(lambda one: (fields(one).pop("channel"), required(one).remove("channel")))
    repository.commit("Removed again: the file agrees with the models")
    assert main([str(repository.schemas)]) == 1
    assert "$.channel" in capsys.readouterr().out


def test_the_gate_fails_on_an_event_type_that_only_the_history_knows(repository: Repository, capsys: Any) -> None:
    path = repository.schemas / "events" / "io.answerable.question.retracted.v1.json"
    path.write_text(render({**QUESTION, "x-consumers": ["gateway"]}), "utf-8")
    repository.commit("First")
    path.unlink()
    repository.commit("Removed")
    assert main([str(repository.schemas)]) == 1
    said = capsys.readouterr().out
    assert "BREAKING io.answerable.question.retracted.v1" in said
    assert "gateway" in said


def test_without_git_the_gate_says_so_and_compares_with_the_files(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    write(tmp_path / "schemas")
    assert main([str(tmp_path / "schemas")]) == 0
    assert "no git history" in capsys.readouterr().err


def test_in_a_shallow_clone_the_gate_says_so(repository: Repository, tmp_path: Path, capsys: Any) -> None:
    repository.commit("First")
    (repository.schemas / "note").write_text("x")
    repository.commit("Second")
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=1", repository.root.as_uri(), str(clone))
    assert main([str(clone / "schemas")]) == 0
    assert "shallow" in capsys.readouterr().err
