"""The first page."""

from playground import registry
from playground.gui.session import TrainingSession


def test_every_family_is_one_click_away(open_window):
    person = open_window()
    for family in person.window.families():
        person.window.show_page("home")
        person.press(f"home.{family}")
        assert person.panel.family == family


def test_the_race_and_the_lecture_are_one_click_away(open_window):
    person = open_window()
    for page in ("compare", "lecture"):
        person.window.show_page("home")
        person.press(f"home.to_{page}")
        assert person.window.page.name == page


def test_it_shows_the_samples_of_the_run_that_the_panel_opens_with(open_window):
    person = open_window()
    person.window.show_page("home")
    for family in person.window.families():
        run = TrainingSession.default_run(family)
        assert run in registry.pretrained()
        has_samples = (registry.pretrained()[run] / "samples.png").is_file()
        assert person.find(f"home.{family}")._picture.isNull() != has_samples
    assert not person.window.sessions  # nothing is computed for it


def test_families_that_share_an_answer_can_be_marked(open_window):
    person = open_window()
    page = person.window.show_page("home")
    cards = registry.models()
    assert page.readings() == {"home.marked": 0}
    person.choose("home.mark", "indirect")
    marked = {name for name in person.window.families() if person.find(f"home.{name}").is_marked}
    assert marked == {
        name for name in person.window.families() if cards[name].extra.get("approach", "")[:8] == "Indirect"
    }
    assert page.readings() == {"home.marked": len(marked)}
    assert person.find("home.energy").accessibleName() == "Energy, marked"
    person.choose("home.mark", "indistinguishable")
    assert {name for name in person.window.families() if person.find(f"home.{name}").is_marked} == {"gan", "stylegan"}
    person.choose("home.mark", "no family")
    assert page.readings() == {"home.marked": 0}
