"""What the README shows is true."""

import re
from pathlib import Path
from types import ModuleType

import torch

from playground.cli import _parser
from playground.core.random import stream
from playground.registry import load_data

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = (
    "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[test]' "
    "&& python -m pytest -n 2 --dist worksteal"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_one_block_is_marked_as_the_test_command():
    assert re.findall(r"^<!-- test command -->\n```bash\n(.*?)\n```$", README, flags=re.MULTILINE) == [TEST_COMMAND]
    assert README.count("<!-- test command -->") == 1


def test_the_model_in_one_file_learns_and_samples():
    (source,) = blocks("python")
    module = ModuleType("plain")
    module.__dict__["__name__"] = "plain"
    exec(source, module.__dict__)
    data = load_data("moons")
    assert module.Plain.supports(data.spec) is None
    model = module.Plain.fresh(data.spec, module.PlainConfig(spread=5.0), stream(0, "init"))
    optimizers = {"model": torch.optim.Adam(model.parameters(), lr=0.05)}
    losses = [model.train_step(data.train, optimizers, stream(0, "training"), model.parts)["loss"] for _ in range(150)]
    assert losses[-1] < losses[0] - 0.5
    assert losses[-1] > data.exact.entropy
    torch.testing.assert_close(model.mean.detach(), data.train.x.mean(dim=0), atol=0.1, rtol=0)
    assert model.sample(7, generator=stream(0, "sampling")).shape == (7, 2)


def test_every_command_is_in_the_table():
    commands = next(a for a in _parser()._actions if a.choices and "train" in a.choices).choices
    for name, parser in commands.items():
        rows = " ".join(line for line in README.splitlines() if line.startswith("| `") and f"playground {name}" in line)
        assert rows, f"the README does not list {name}"
        shown = set(re.findall(r"--[a-z]+", rows))
        assert shown <= set(parser._option_string_actions), f"the README shows options that {name} does not have"
