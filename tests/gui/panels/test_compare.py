"""The comparison as a person uses it: choose, train all, hold one, read the curve, guess in the quiz."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground import registry
from playground.gui.panels.compare import choices
from playground.gui.panels.compare.metrics import METRICS, Track, metrics_of
from playground.gui.panels.compare.page import Page
from playground.gui.panels.compare.quiz import Quiz, real_examples
from playground.gui.widgets import controls
from tests.gui.driving import Person
from tests.helpers import losses_of, trainer_of

# -- what is offered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["eight-gaussians", "bumps", "digits", "shapes"])
def test_the_families_to_open_with_can_learn_the_data_and_differ_in_their_objective(data):
    names = choices.opening_families(data)
    cards = {card.name: card for card in choices.families_for(data)}
    assert len(names) == 4
    assert set(names) <= set(cards)
    assert len({cards[name].extra["objective"] for name in names}) == 4


def test_a_family_that_makes_nothing_is_not_offered():
    offered = {card.name for card in choices.families_for("digits")}
    assert offered == {name for name, card in registry.models().items() if card.extra.get("generates", True)}
    assert "classifier" not in offered
    assert "stylegan" not in {card.name for card in choices.families_for("moons")}


def test_wanted_families_come_first():
    assert choices.opening_families("moons", ("vae",))[0] == "vae"
    assert len(set(choices.opening_families("moons", ("vae",)))) == 4


def test_all_columns_take_the_same_settings_of_the_data():
    assert choices.shared_options(["gaussian", "diffusion"], "shapes") == {"data.size": 16}
    assert choices.shared_options(["gaussian", "diffusion"], "moons") == {}


# -- numbers --------------------------------------------------------------------------------------------------------


def test_a_loss_is_no_metric():
    assert "loss" not in {metric.name for metric in METRICS}
    assert metrics_of("points")[0].name == "sliced_wasserstein"
    assert metrics_of("images")[0].name == "feature_distance"


def test_a_track_gives_one_number_over_time_or_steps():
    track = Track()
    track.add(0, 0.0, {"a": 3.0})
    track.add(10, 1.5, {"a": 2.0, "b": 1.0})
    track.add(10, 1.5, {"a": 1.0, "b": 0.0})  # measured again in the same place
    np.testing.assert_array_equal(track.curve("a", "steps"), [[0, 10], [3.0, 1.0]])
    np.testing.assert_array_equal(track.curve("b", "seconds"), [[1.5], [0.0]])
    assert len(track.curve("c", "steps")[0]) == 0
    assert track.newest == {"a": 1.0, "b": 0.0}


# -- the quiz's rules -------------------------------------------------------------------------------------------------


def test_each_round_has_an_order_of_its_own_that_its_number_decides():
    one, other = Quiz(), Quiz()
    orders = []
    for _ in range(8):
        one.begin(5)
        other.begin(5)
        assert one.order == other.order
        assert sorted(one.order) == [0, 1, 2, 3, 4]
        orders.append(one.order)
    assert len({order.index(0) for order in orders}) > 2


def test_only_the_first_answer_of_a_round_counts():
    quiz = Quiz()
    quiz.begin(3)
    wrong = (quiz.real_place + 1) % 3
    assert not quiz.pick(wrong)
    assert quiz.pick(quiz.real_place)
    assert (quiz.right, quiz.asked, quiz.picked) == (0, 1, wrong)
    quiz.begin(3)
    assert quiz.pick(quiz.real_place)
    quiz.begin(3)  # left without an answer
    quiz.begin(3)
    assert (quiz.right, quiz.asked, quiz.picked) == (1, 2, None)
    with pytest.raises(ValueError, match="no place"):
        quiz.pick(3)


def test_real_examples_are_held_out_ones_without_repetition():
    test = np.arange(20).reshape(10, 2)
    first, again, other = real_examples(test, 6, 1), real_examples(test, 6, 1), real_examples(test, 6, 2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len({tuple(row) for row in first}) == 6
    assert len(real_examples(test, 50, 1)) == 10
    classes = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    in_turn = real_examples(test, 9, 1, classes)
    assert [classes[(test == row).all(axis=1)][0] for row in in_turn] == [0, 1, 2] * 3
    assert len({tuple(row) for row in real_examples(test, 50, 1, classes)}) == 10


# -- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ring(tmp_path) -> str:
    """Points that somebody drew."""
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 300)
    path = tmp_path / "ring.csv"
    np.savetxt(path, 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1), delimiter=",")
    return f"drawn:{path}"


@pytest.fixture
def stage(open_window, ring) -> Callable[..., tuple[Person, Page]]:
    """The page with drawn points, its models ready."""

    def make(data: str = "", *families: str) -> tuple[Person, Page]:
        person = open_window()
        page = person.window.show_page("compare", open_default=False)
        assert isinstance(page, Page)
        page.start(data or ring, families)
        person.wait(page.is_settled)
        return person, page

    return make


def test_four_families_train_on_drawn_points_at_once_and_each_as_alone(stage, ring):
    person, page = stage()
    heard: dict[int, list[float]] = {index: [] for index in range(4)}
    for index, column in enumerate(page.columns):

        def note(records, losses=heard[index]):
            for record in records:
                losses.extend(next(iter(record.values.values())))

        column.session.records_added.connect(note)
    page.transport.set_budget("steps", 30)
    person.press("compare.start")
    person.wait(lambda: page.race.state == "done")
    person.wait(page.is_settled)
    for index, column in enumerate(page.columns):
        alone = trainer_of(registry.experiment(column.family.name(), ring, "", {}, seed=0))
        assert heard[index] == list(losses_of(alone, 30))[: len(heard[index])], column.title
        assert len(heard[index]) >= 1
        assert len(column.track.curve("sliced_wasserstein", "steps")[0]) >= 2
    assert len(set(page.race.hashes().values())) == 1
    assert page.race.is_same_data
    assert "the same in all" in page.real.hash_label.text()


def test_one_column_is_held_and_ended_while_the_others_go_on(stage):
    person, page = stage("", "diffusion", "gan", "vae")
    first, second, *_ = page.columns
    page.transport.set_budget("steps", 1_000_000)
    person.press("compare.start")
    person.wait(lambda: first.session.step and second.session.step)
    person.press("compare.1.hold")
    person.wait(lambda: first.session.state == "paused")
    person.press("compare.2.stop")
    person.wait(lambda: second.session.state == "done")
    others = [column.session for column in page.columns[2:] if column.session.state == "running"]
    before = [session.step for session in others]
    assert others
    person.wait(lambda: all(session.step > step for session, step in zip(others, before, strict=True)))
    assert page.race.state == "running"
    held = first.session.step
    person.press("compare.1.hold")
    person.wait(lambda: first.session.step > held)
    person.press("compare.start")  # pauses all that run
    person.wait(lambda: page.race.state == "paused")
    person.press("compare.stop")
    person.wait(lambda: page.race.state == "done")


def test_what_a_sample_costs_is_counted(stage):
    _, page = stage("", "diffusion", "gan", "vae", "autoregressive")
    calls = {column.family.name(): column.cost["network_calls"] for column in page.columns}
    assert calls == {"diffusion": 25, "gan": 1, "vae": 1, "autoregressive": 2}
    assert all(column.cost["milliseconds"] > 0 for column in page.columns)
    assert "25 network calls" in page.columns[0].facts_label.text()
    assert f"{page.columns[0].session.facts['parameters']:,} parameters" in page.columns[0].facts_label.text()


def test_another_family_data_seed_and_number_of_columns(stage):
    person, page = stage()
    person.choose("compare.1.family", "VAE")
    person.wait(lambda: page.is_settled() and page.columns[0].session.experiment.model == "vae")
    others = [column.session.experiment for column in page.columns[1:]]
    person.choose("compare.data", registry.data()["bumps"].title)
    person.wait(lambda: page.is_settled() and page.columns[0].session.experiment.data == "bumps")
    assert [column.session.experiment.model for column in page.columns] == ["vae", *(each.model for each in others)]
    person.type("compare.seed", "7")
    person.wait(lambda: page.is_settled() and {c.session.experiment.seed for c in page.columns} == {7})
    person.press("compare.more")
    person.type("compare.columns", "2")
    person.wait(page.is_settled)
    assert [column.isVisible() for column in page.columns] == [True, True, False, False]
    assert not page.columns[3].session.is_open
    person.type("compare.columns", "3")
    person.wait(lambda: page.is_settled() and page.columns[2].session.is_open)


def test_the_curve_is_drawn_over_time_or_steps_beside_its_floor(stage):
    person, page = stage("eight-gaussians")
    page.transport.set_budget("steps", 20)
    person.press("compare.start")
    person.wait(lambda: page.race.state == "done" and page.is_settled())
    assert "lower is better" in page.curves.words.text()
    assert page.curves.plot._floor == pytest.approx(page.columns[0].track.newest["sliced_wasserstein_floor"])
    person.choose("compare.axis", "training steps")
    curves = page.curves.plot._curves
    assert list(curves) == [column.title for column in page.columns]
    assert max(x[-1] for x, _ in curves.values()) == 20
    person.choose("compare.metric", "KL to the data")
    drawn = {title for title, (x, _) in page.curves.plot._curves.items() if len(x)}
    assert drawn == {c.title for c in page.columns if c.session.facts["density_kind"] == "exact"}
    assert "no exact density" in page.curves.words.text()


def test_the_quiz_by_keyboard_and_its_score(stage, qtbot):
    person, page = stage()
    qtbot.mouseClick(page.tabs.tabBar(), Qt.MouseButton.LeftButton, pos=page.tabs.tabBar().tabRect(1).center())
    quiz = page.quiz
    person.wait(lambda: quiz.is_settled() and quiz.cards[0].button.isEnabled())
    assert not set(person.texts()) & {"real data", *(column.title for column in page.columns)}
    qtbot.keyClick(quiz, "ABCDE"[quiz.quiz.real_place])
    assert quiz.score.text() == "1 right of 1"
    told = [card.stage.caption.text().partition("\n")[0] for card in quiz.cards]
    assert told.count("real data") == 1
    assert {column.title for column in page.columns} <= set(told)
    before = quiz.quiz.round
    person.press("compare.quiz.next")
    person.wait(lambda: quiz.quiz.round == before + 1 and quiz.is_settled() and quiz.cards[0].button.isEnabled())
    wrong = (quiz.quiz.real_place + 1) % 5
    person.press(f"compare.quiz.pick.{'abcde'[wrong]}")
    assert quiz.score.text() == "1 right of 2"
    assert quiz.question.text().startswith("No,")


def test_images_are_compared_in_the_features_of_their_classifier(stage):
    person, page = stage("digits", "vae", "gan")
    person.press("compare.more")
    assert page.columns[0].samples.shape == (100, 1, 8, 8)
    assert page.curves.number.name() == "feature_distance"
    assert page.columns[0].track.newest["feature_distance"] > 0
    assert page.real.stage.images.images().shape[0] == 16
    person.window.pages["compare"].next_view()
    person.wait(lambda: page.quiz.is_settled() and page.quiz.cards[0].button.isEnabled())
    assert all(len(card.stage.images.images()) == 16 for card in page.quiz.cards)


def test_bundled_runs_are_compared_at_once_and_judged_blind(stage):
    person, page = stage("digits", "gan", "diffusion")
    person.press("compare.more")
    person.type("compare.columns", "2")
    person.choose("compare.begin", "bundled runs")
    person.wait(lambda: page.is_settled() and all(column.session.step > 1000 for column in page.race.columns))
    assert [column.session.run for column in page.race.columns] == ["gan-digits", "diffusion-digits"]
    assert all(0.5 < page.readings()[f"compare.{column}.precision"] <= 1 for column in (1, 2))
    page.tabs.setCurrentIndex(1)
    person.wait(lambda: page.quiz.is_settled() and page.quiz.cards[0].button.isEnabled())
    person.press("compare.quiz.pick.a")
    assert page.readings()["compare.quiz.asked"] == 1
    (said,) = (card.stage.caption.text() for card in page.quiz.cards[:3] if "Diffusion" in card.stage.caption.text())
    assert f"recall {page.readings()['compare.2.recall']:.2f}" in said


def test_what_one_chose_is_captured_and_restored(stage, open_window, ring):
    person, page = stage()
    person.choose("compare.2.family", "VAE")
    person.choose("compare.axis", "training steps")
    person.wait(page.is_settled)
    state = page.capture()
    assert state.values["compare.data"] == ring
    assert state.values["compare.2.family"] == "vae"
    again = open_window().window.show_page("compare", open_default=False)
    again.restore(state)
    person.wait(again.is_settled)
    assert again.capture().same_as(state)
    assert again.columns[1].session.experiment.model == "vae"
    assert again.columns[1].session.experiment.data == ring


def test_every_control_has_an_id_a_name_and_a_tooltip_and_few_are_on_show(stage):
    _, page = stage()
    transport = {id(widget) for widget in controls.find(page.transport).values()}
    for column in page.columns:
        transport |= {id(column.hold_button), id(column.stop_button)}
    shown = []
    for name, widget in controls.find(page).items():
        if ".message." in name:  # shown with a message only
            continue
        assert widget.accessibleName() or getattr(widget, "text", str)(), name
        assert widget.toolTip() or name.endswith(".views"), name
        if widget.isVisible() and id(widget) not in transport and not name.endswith((".views", ".more")):
            shown.append(name)
    assert len(shown) <= 7, shown


def test_data_that_are_gone_are_a_sentence(stage, tmp_path):
    person, page = stage()
    before = page.data.name()
    page.comparison_wanted.emit(f"drawn:{tmp_path / 'gone.csv'}", ["vae"], {})
    assert any("There is no data" in words for words in person.texts())
    assert page.data.name() == before


def test_a_model_that_cannot_draw_takes_the_question_back_and_another_round_may_be_tried(stage):
    person, page = stage()
    page.columns[0].draw = lambda n, seed: page.columns[0].troubled.emit("It broke.", "")
    page.next_view()
    assert page.quiz.question.text() == "A model could not draw its samples."
    assert page.quiz.next_button.isEnabled()
    del page.columns[0].draw
    person.press("compare.quiz.next")
    person.wait(lambda: page.quiz.is_settled() and page.quiz.cards[0].button.isEnabled())
    assert page.quiz.question.text() == "Which column is real?"
