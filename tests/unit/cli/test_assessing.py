"""`answerable knowledge quality` on an index of its own: what it prints, writes, and how it ends."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from typer.testing import CliRunner

from answerable_cli.assessment import Scope, assess
from answerable_cli.main import app
from answerable_cli.report.quality_page import as_page
from answerable_ingestion.examining import Comparison, Incoming, examine_in
from answerable_knowledge.index import Index
from answerable_knowledge.survey import survey
from tests.support import passages as made
from tests.support.pages import ELEMENTS, HOSTILE, Seen

BOATS = "Boats have oars and sails, rise with the tide, and are painted in spring before the ice is gone."
LONG = "Requests go to the line manager, who answers within the week; closing days are named before the year ends."


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder: two documents of the wiki that contradict each other, and a sound one of hr."""
    monkeypatch.delenv("ANSWERABLE_INDEX_PATH", raising=False)
    index = Index.open(tmp_path / "index")
    add(index, "old.md", LONG, "Laptops are replaced every five years.", collection="wiki")
    add(index, "new.md", f"Laptops are replaced every four years. {BOATS}", collection="wiki")
    add(index, "leave.md", "Everyone has leave in summer, and the canteen is shut then; see the door.", collection="hr")
    return tmp_path


def add(index, document_id, *texts, **changes):
    card = {
        "title": f"About {document_id.removesuffix('.md')}",
        "owner": "people",
        "content_sha256": sha256(document_id.encode()).hexdigest(),
    }
    passages = made.passages(*texts)
    [examined] = examine_in(index, [Incoming(made.document(document_id, **card | changes), passages)])
    index.put(examined.entry, passages, np.ones((len(texts), 384)), examined.marks)


def findings(index, document_id):
    return next(row.findings for row in index.documents("acme") if row.document_id == document_id)


def run(data, *options):
    return CliRunner().invoke(app, ["knowledge", "quality", "--tenant", "acme", "--data", str(data), *options])


def test_people_are_told_scores_by_source_what_to_do_and_both_sides_of_a_conflict(data):
    done = run(data)
    assert done.exit_code == 0
    for part in (
        "3 documents of acme, quality 0.800 (acme@",
        "Find out which is right; correct or withdraw the other, or say which one replaces it.",
        "0.600  new.md, version 1: About new",
        "conflict (1 of 1 passages): Another document in force says otherwise about the same thing.",
        "page 2: Laptops are replaced every five years",
        "new.md, page 1: Laptops are replaced every four years",
    ):
        assert part in done.output
    assert re.search(r"wiki +2 +2 +0\.7 +0\.6", done.output)


def test_programs_are_told_the_same_as_one_value(data):
    value = json.loads(run(data, "--json", "--worst", "1").stdout)
    assert (value["tenant"], value["documents"], value["quality"]) == ("acme", 3, 0.8)
    assert [(one["name"], one["quality"]) for one in value["sources"]] == [("wiki", 0.7), ("hr", 1.0)]
    assert [(one["code"], one["documents"], one["severity"]) for one in value["findings"]] == [("conflict", 2, "high")]
    [worst] = value["worst"]
    assert (worst["document_id"], worst["findings"], worst["evidence"][0]["other_id"]) == (
        *("new.md", {"conflict": 1}),
        "old.md",
    )


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fail-under", "0.8"), 0),
        (("--fail-under", "0.81"), 1),
        (("--fail-under", "0.81", "--collection", "hr"), 0),
        (("--fail-under", "2"), 2),
    ],
)
def test_the_command_fails_below_the_quality_asked_for(data, options, code):
    assert run(data, *options).exit_code == code


def test_one_source_is_shown_alone_and_still_compared_with_all(data):
    value = json.loads(run(data, "--json", "--collection", "wiki").stdout)
    assert (value["documents"], value["quality"], len(value["worst"])) == (2, 0.7, 2)
    value = json.loads(run(data, "--json", "--collection", "hr").stdout)
    assert (value["documents"], value["findings"], value["worst"]) == (1, [], [])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--collection", "hr-2"), "no document of acme is of the collection hr-2"),
        (("--tenant", "nobody"), "no documents of nobody here"),
        (("--html", "missing/page.html"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(data, options, said):
    done = run(data, *options)
    assert done.exit_code != 0
    assert said in str(done.exception)


def test_the_findings_go_into_the_index_only_when_asked(data):
    index = Index.open(data / "index")
    run(data)
    assert findings(index, "old.md") == ()
    assert json.loads(run(data, "--json", "--renew").stdout)["renewed"] == 1
    assert findings(index, "old.md") == ("conflict",)
    assert json.loads(run(data, "--json", "--renew").stdout)["renewed"] == 0


def test_the_page_is_one_file_that_fetches_and_runs_nothing(data):
    done = run(data, "--html", str(data / "page.html"))
    page = (data / "page.html").read_text()
    seen = Seen(page)
    assert done.exit_code == 0
    assert [str(attributes["id"]) for attributes in seen.all("h2")] == ["sources", "findings", "worst-documents"]
    assert "Laptops are replaced every five years" in seen.text
    assert not seen.all("script", "link", "img", "iframe", "form")
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    [policy] = [one["content"] for one in seen.all("meta") if "http-equiv" in one]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_hostile_texts_on_the_page_stay_texts(tmp_path):
    index = Index.open(tmp_path / "index")
    add(
        index,
        "a.md",
        f"Laptops are replaced every five years. {LONG}",
        title=HOSTILE,
        collection=HOSTILE,
        owner=HOSTILE,
    )
    add(index, "b.md", "Laptops are replaced every four years.", title=HOSTILE)
    inventory = index.inventory("acme")
    assert inventory is not None
    with survey(inventory, made.NOW, Comparison()) as report:
        found = assess(report, Scope("acme"), "acme@2", made.NOW)
    [one, other] = found.worst
    wicked = [replace(each, said=HOSTILE, other_said=HOSTILE, other_id=HOSTILE) for each in one.evidence]
    seen = Seen(as_page(replace(found, tenant=HOSTILE, worst=[replace(one, evidence=tuple(wicked)), other])))
    assert {tag for tag, _ in seen.elements} <= ELEMENTS | {"em"}
    assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
    assert seen.text.count(HOSTILE) >= 6
