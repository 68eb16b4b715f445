"""Where classes, stages and symbols stand in a file; and that every family marks the symbols of its formula."""

import pytest

from playground import registry
from playground.core.experiment import TrainSettings
from playground.core.hyperparams import params
from playground.gui.widgets.source_outline import Entry, Outline, Symbol

SOURCE = '''\
"""A file."""

CARD = {"name": "toy"}


class Toy:
    Config = object

    @property
    def size(self):
        return 1  # formula: n, set by size

    def train_step(self):
        with self.stage("look"):
            x = 1
            with self.stage("inside"):
                x = 2
        return x

    def other(self):
        # formula: p(x_i | x), set by train.lr
        with self.stage("look"), open("a"):
            return 3


def helper():
    with open("b"):
        return 4
'''


@pytest.fixture
def outline():
    return Outline(SOURCE)


def test_classes_and_functions_stand_in_order(outline):
    assert outline.entries == (
        Entry("Toy", 6, 23, 0),
        Entry("Toy.size", 9, 11, 1),
        Entry("Toy.train_step", 13, 18, 1),
        Entry("Toy.other", 20, 23, 1),
        Entry("helper", 26, 28, 0),
    )


def test_a_stage_is_its_block_of_lines(outline):
    assert outline.stages == {"look": [(14, 17), (22, 23)], "inside": [(16, 17)]}
    assert outline.running("inside", 16) == [(16, 17)]


def test_of_stages_with_one_name_that_at_the_line_runs(outline):
    assert outline.running("look", 22) == [(22, 23)]
    assert outline.running("look", 14) == [(14, 17)]
    assert outline.running("look", 0) == [(14, 17), (22, 23)]
    assert outline.running("never", 14) == []


def test_a_symbol_is_marked_at_its_line_or_above_it(outline):
    assert outline.symbols == (Symbol("n", "size", 11), Symbol("p(x_i | x)", "train.lr", 22))


def test_what_stands_around_a_line(outline):
    assert outline.around(16) == "Toy.train_step"
    assert outline.around(7) == "Toy"
    assert outline.around(1) == ""


def test_a_broken_file_has_no_outline():
    assert Outline("class :\n").entries == ()


# -- every family -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", registry.models())
def test_every_formula_names_its_settings_and_lines(family):
    assert registry.models()[family].extra["formula"]
    source = registry.source(family)
    outline, cls = Outline(source), registry.model_class(family)
    known = (
        set(params(cls.Config))
        | {f"train.{name}" for name in params(TrainSettings)}
        | {f"sample.{name}" for name in params(cls.SampleSettings)}
    )
    assert len(outline.symbols) >= 3
    assert {symbol.setting for symbol in outline.symbols} <= known
    assert len({symbol.name for symbol in outline.symbols}) == len(outline.symbols)
    for symbol in outline.symbols:
        code = source.splitlines()[symbol.line - 1].partition("#")[0]
        assert code.strip(), f"{symbol.name} stands at line {symbol.line}, which has no code"
        assert outline.around(symbol.line)


@pytest.mark.parametrize("family", registry.models())
def test_every_family_names_its_stages(family):
    outline = Outline(registry.source(family))
    assert "update" in outline.stages or "update G" in outline.stages or "maximisation" in outline.stages
    assert len(outline.stages) >= 2
