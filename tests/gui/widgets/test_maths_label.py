"""Labels are split as a mathematician would set them."""

import pytest

from playground.gui.widgets.maths_label import Run, parse, plain


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("z", [Run("z", 0, True)]),
        ("x_t", [Run("x", 0, True), Run("t", -1, True)]),
        ("x\u0302_0", [Run("x\u0302", 0, True), Run("0", -1)]),
        ("e^{ab}", [Run("e", 0, True), Run("ab", 1)]),
        ("encoder", [Run("encoder")]),
        ("U-Net", [Run("U-Net")]),
        ("_", [Run("_")]),
        ("", []),
    ],
)
def test_parse(text, runs):
    assert parse(text) == runs


def test_plain_text_for_a_screen_reader():
    assert plain("x_t") == "x t"
