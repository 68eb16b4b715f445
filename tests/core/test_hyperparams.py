"""Settings: declared once, and every value checked against the declaration."""

import math
from dataclasses import dataclass

import pytest

from playground.core.errors import UsageError
from playground.core.hyperparams import (
    Empty,
    changed,
    from_dict,
    param,
    params,
    params_on,
    parse_assignment,
    to_dict,
)


@dataclass(frozen=True)
class Settings:
    size: int = param(8, low=1, high=64, help="How many.")
    rate: float = param(0.5, low=0.0, high=1.0, help="How much.", live=True)
    free: float = param(0.0, help="Any number.")
    kind: str = param("soft", choices=("soft", "hard"), help="Which.", label="the kind")
    on: bool = param(False, help="Whether.")


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("size", 3, 3),
        ("size", "3", 3),
        ("size", "3.0", 3),
        ("size", "1e1", 10),
        ("size", 1, 1),
        ("size", 64, 64),
        ("rate", "0.25", 0.25),
        ("rate", 1, 1.0),
        ("free", "-1e9", -1e9),
        ("kind", "hard", "hard"),
        ("on", "yes", True),
        ("on", "False", False),
        ("on", True, True),
        ("on", "0", False),
    ],
)
def test_values_arrive_in_their_own_type(name, given, result):
    value = getattr(changed(Settings(), {name: given}), name)
    assert value == result
    assert type(value) is type(result)


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("size", 0, "too small"),
        ("size", 65, "too large"),
        ("size", 2.5, "whole number"),
        ("size", "many", "number"),
        ("size", "", "number"),
        ("size", True, "number"),
        ("size", "inf", "whole number"),
        ("size", "nan", "whole number"),
        ("rate", -0.1, "too small: it goes from 0 to 1"),
        ("rate", "nan", "finite"),
        ("free", math.inf, "finite"),
        ("rate", [1], "number"),
        ("rate", None, "number"),
        ("kind", "hrd", "Did you mean 'hard'"),
        ("on", "maybe", "true or false"),
        ("on", 2, "true or false"),
        ("sise", 3, "Did you mean 'size'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(name, given, complaint):
    with pytest.raises(UsageError, match=complaint) as error:
        changed(Settings(), {name: given})
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    assert error.value.exit_code == 2


def test_declarations_keep_their_words():
    declared = params(Settings)
    assert list(declared) == ["size", "rate", "free", "kind", "on"]
    assert params(Settings()) == declared
    assert declared["kind"].label == "the kind"
    assert declared["size"].label == "size"
    assert declared["size"].range_text() == "it goes from 1 to 64"
    assert declared["kind"].range_text() == "one of soft, hard"
    assert declared["free"].range_text() == "any value"
    assert [name for name, setting in declared.items() if setting.live] == ["rate"]
    assert params(Empty) == {}


def test_what_does_nothing_on_a_kind_of_data_is_not_among_its_settings():
    @dataclass(frozen=True)
    class Pixels:
        rate: float = param(0.1, help="Both.")
        levels: int = param(4, help="Of pixels.", only="images")

    assert [setting.name for setting in params_on("images", Pixels)] == ["rate", "levels"]
    assert [setting.name for setting in params_on("points", Pixels)] == ["rate"]


def test_json_and_back():
    settings = changed(Settings(), {"size": 3, "on": True})
    assert from_dict(Settings, to_dict(settings)) == settings
    assert from_dict(Settings, {}) == Settings()


def test_a_change_leaves_the_original():
    before = Settings()
    changed(before, {"size": 3})
    assert before == Settings()


@pytest.mark.parametrize(("text", "pair"), [("a=1", ("a", "1")), (" a = b=c ", ("a", "b=c")), ("a=", ("a", ""))])
def test_assignments_are_split_at_the_first_sign(text, pair):
    assert parse_assignment(text) == pair


@pytest.mark.parametrize("text", ["a", "", "=1", " =1"])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(UsageError, match="key=value"):
        parse_assignment(text)
