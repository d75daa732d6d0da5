import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from answerable_events.asyncapi import document
from answerable_events.generate import main

SCHEMAS = Path(__file__).parents[3] / "schemas"
QUESTION = "events/io.answerable.question.asked.v1.json"


def test_the_committed_files_are_up_to_date() -> None:
    assert main([str(SCHEMAS), "--check"]) == 0


def test_what_is_generated_passes_the_check(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0


@pytest.mark.parametrize("name", [QUESTION, "asyncapi.yaml"])
def test_the_check_names_a_file_that_differs_and_leaves_it_alone(tmp_path: Path, capsys: Any, name: str) -> None:
    main([str(tmp_path)])
    (tmp_path / name).write_text("{}")
    assert main([str(tmp_path), "--check"]) == 1
    assert f"{tmp_path / name}: differs from the models" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "{}"


def test_the_check_names_a_file_that_is_missing(tmp_path: Path, capsys: Any) -> None:
    main([str(tmp_path)])
    (tmp_path / QUESTION).unlink()
    assert main([str(tmp_path), "--check"]) == 1
    assert f"{tmp_path / QUESTION}: is missing" in capsys.readouterr().err


def test_a_schema_of_no_known_event_is_named_and_not_deleted(tmp_path: Path, capsys: Any) -> None:
    main([str(tmp_path)])
    stranger = tmp_path / "events" / "io.answerable.question.retracted.v1.json"
    shutil.copy(tmp_path / QUESTION, stranger)
    assert main([str(tmp_path), "--check"]) == 1
    assert f"{stranger}: no event has this type" in capsys.readouterr().err
    main([str(tmp_path)])
    assert stranger.exists()


def test_without_pyyaml_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(RuntimeError, match="development environment"):
        document()
