import json

import pytest

from playground.bench import budget, text


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    return tmp_path


def row(key):
    return next(row for row in budget.rows() if row["figure"] == key)


def test_nothing_is_invented():
    assert all(row["measured"] is None and row["verdict"] == "not measured" for row in budget.rows())
    assert "not measured" in budget.table()


def test_what_a_command_measured_is_kept():
    budget.keep(
        "train", {"unet": {"matmul_share": 0.6, "diffusers": {"ratio": 1.2}}, "vae": {"pythae": "not installed"}}
    )
    assert row("matmul_share")["measured"] == 0.6
    assert row("matmul_share")["verdict"] == "gate"
    assert row("train_diffusers")["verdict"] == "goal"
    assert row("vae_pythae")["measured"] is None
    budget.keep("train", {"unet": {"matmul_share": 0.5}})
    assert row("matmul_share")["verdict"] == "missed"
    assert row("train_diffusers")["measured"] == 1.2
    assert "0.5x" in budget.table()


def test_of_several_panels_the_worst_counts():
    for panel, late in (("vae", 12.0), ("gan", 28.0), ("diffusion", 17.0)):
        budget.keep("ui", {"panel": panel, "training_best": {"p99_ms": late}})
    found = row("loop_p99")
    assert (found["measured"], found["on"], found["verdict"]) == (28.0, "gan", "gate")
    budget.keep("ui", {"panel": "gan", "training_best": {"p99_ms": 10.0}})
    assert (row("loop_p99")["measured"], row("loop_p99")["on"]) == (17.0, "diffusion")
    assert row("loop_p99_compare")["measured"] is None


def test_a_file_that_makes_no_sense_counts_as_none_and_is_kept(home):
    for content in ("{", "[]", '{"values": {"a": {"b": 3}}}', '{"values": {"a": {"b": {"value": "x", "when": ""}}}}'):
        budget.file().write_text(content)
        assert budget.kept() == {}
        assert not budget.file().exists()
    assert len(list(home.glob("bench.unreadable-*.json"))) == 4


def test_every_figure_has_a_name_of_its_own_and_a_goal_beyond_its_gate():
    keys = [figure.key for figure in budget.FIGURES]
    assert len(set(keys)) == len(keys)
    for figure in budget.FIGURES:
        assert figure.gate != figure.goal
        assert figure.verdict(figure.goal) == "goal"
        assert figure.verdict(figure.gate) == "gate"
        assert bool(figure.command) == bool(figure.path)


def test_figures_read_as_lines():
    figures = {"size": 8, "ours": {"rate": 2.0, "spread": [1, 3]}, "runs": [1], "left": {"threads": 0, "files": 1}}
    assert text.table(figures).split("\n") == [
        f"{'size':<31}8",
        "ours",
        f"{'  rate':<31}2.0",
        f"{'  spread':<31}1  3",
        f"{'left':<31}threads 0, files 1",
    ]
    assert json.loads(json.dumps(budget.rows()))
