"""The memory of finished scenes."""

import json

from playground.gui.lessons.progress import Answer, Progress


def test_what_was_finished_is_known_in_the_next_window(tmp_path):
    file = tmp_path / "new" / "lessons.json"
    Progress(file).finish("lecture/one")
    again = Progress(file)
    assert again.is_done("lecture/one")
    assert not again.is_done("lecture/two")
    assert json.loads(file.read_text()) == {"done": ["lecture/one"], "answers": {}}
    again.answer("lecture/one", Answer("Why?", "Because", True))
    again.answer("lecture/one", Answer("Why?", "For fun", False))
    assert Progress(file).answers == {"lecture/one": Answer("Why?", "For fun", False)}
    assert Progress(file).done == ("lecture/one",)
    again.forget()
    assert not Progress(file).answers
    assert not Progress(file).is_done("lecture/one")


def test_a_damaged_file_counts_as_none_and_is_replaced_whole(tmp_path):
    file = tmp_path / "lessons.json"
    for damage in ("{", "[]", '{"done": 3}', '{"done": [], "answers": {"a": 3}}', '{"other": []}'):
        file.write_text(damage)
        progress = Progress(file)
        assert not progress.is_done("lecture/one")
        progress.finish("lecture/one")
        assert Progress(file).is_done("lecture/one")
    assert len(list(tmp_path.glob("lessons.unreadable-*.json"))) == 5


def test_a_place_that_cannot_be_written_only_loses_the_memory(tmp_path):
    (tmp_path / "file").write_text("in the way")
    progress = Progress(tmp_path / "file" / "lessons.json")
    progress.finish("lecture/one")
    assert progress.is_done("lecture/one")


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Progress().finish("lecture/one")
    assert list(tmp_path.iterdir()) == []
