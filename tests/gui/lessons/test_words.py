"""Live numbers in the words of a scene."""

import pytest

from playground.gui.lessons import words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is {a.b}.", "It is −1.23."),
        ("{a.b:1} and {a.b:0}", "−1.2 and −1"),
        ("{part:%} of them", "25% of them"),
        ("{step} of {name}", "7 of Heun"),
        ("{nothing} yet", "– yet"),
        ("{on}", "–"),
        ("a set {1, 2} stays", "a set {1, 2} stays"),
    ],
)
def test_a_name_in_braces_is_its_number_now(text, shown):
    values = {"a.b": -1.2345, "part": 0.25, "step": 7, "name": "Heun", "on": True}
    assert words.fill(text, values) == shown


def test_the_names_in_a_text_are_known():
    assert words.names("{a.b} {c:2} {d:%} {1, 2}") == ("a.b", "c", "d")
