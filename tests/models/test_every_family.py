"""What holds for every family on every data set that it can learn. A new family inherits all of this."""

import ast
import io
import pickle
import random
import threading
import time
import tokenize
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.overrides import TorchFunctionMode

from playground import registry, runs
from playground.core.backend import ThreadBackend
from playground.core.experiment import Budget, Event, Experiment
from playground.core.hyperparams import Param, params
from playground.core.messages import Ask, Failed, Rested, Train, Trained
from playground.core.model import GenerativeModel, empty_copy
from playground.core.records import Answer, Query
from playground.core.trainer import Trainer
from playground.evaluation.report import KEYS, evaluate
from tests.helpers import (
    dataset_of,
    differing,
    generator,
    labels_for,
    losses_of,
    quick,
    through_json,
    tiny,
    trained,
    trainer_of,
)

DATA = ("digits", "moons", "eight-gaussians", "bumps")
FAMILIES = tuple(registry.models())
PATIENCE = 60.0  # seconds after which a worker counts as hung


def _refusal(model: str, data: str) -> str | None:
    return registry.model_class(model).supports(registry.load_data(data).spec)


ALL = [(model, data) for model in FAMILIES for data in DATA]
PAIRS = [pair for pair in ALL if _refusal(*pair) is None]
REFUSED = [pair for pair in ALL if _refusal(*pair) is not None]


def _able_to(capability: str) -> list[tuple[str, str]]:
    return [
        (model, data)
        for model, data in PAIRS
        if capability in registry.model_class(model).capabilities(registry.load_data(data).spec)
    ]


def _named(pairs: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("model", "data"), pairs, ids=["-".join(pair) for pair in pairs])


every_pair = _named(PAIRS)
every_family = pytest.mark.parametrize("model", FAMILIES)


# -- what a family says of itself -----------------------------------------------------------------------------------


def test_every_family_can_learn_something():
    assert {model for model, _ in PAIRS} == set(FAMILIES)


@pytest.mark.skipif(not REFUSED, reason="every family takes all of these data")
@_named(REFUSED)
def test_a_refusal_is_a_sentence_and_stops_the_run_before_it_starts(model, data):
    reason = _refusal(model, data)
    assert reason is not None
    assert reason.endswith(".")
    assert len(reason.split()) > 3
    with pytest.raises(registry.UsageError) as error:
        trainer_of(registry.experiment(model, data))
    assert str(error.value) == reason


@every_family
def test_the_card_is_a_literal_with_all_that_a_list_shows(model):
    card = registry.models()[model]
    assert not card.error
    assert card.name == model == card.extra["file"]
    assert card.title
    assert card.group
    assert card.slides
    assert card.about.endswith(".")
    assert 0 < card.order < 99


@every_family
@pytest.mark.parametrize("side", ["Config", "SampleSettings"])
def test_every_setting_explains_itself_and_starts_within_its_range(model, side):
    declared: list[Param] = list(params(getattr(registry.model_class(model), side)).values())
    for setting in declared:
        assert setting.help.strip().endswith("."), f"{setting.name} has no sentence of help"
        assert setting.checked(setting.default) == setting.default, setting.name
        if isinstance(setting.default, int | float) and not isinstance(setting.default, bool):
            assert setting.low is not None, f"{setting.name} has no range"
            assert setting.high is not None, f"{setting.name} has no range"
        if isinstance(setting.default, str):
            assert setting.choices, f"{setting.name} is a word without choices"


GLOBAL_DRAWS = {"seed", "manual_seed", "initial_seed", "set_rng_state", "get_rng_state", "fork_rng", "rand_like",
                "randn_like", "randint_like", "Dropout", "dropout"}  # fmt: skip
DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson", "normal_",
         "uniform_", "bernoulli_", "exponential_", "random_"}  # fmt: skip


@every_family
def test_a_model_file_is_short_and_every_draw_in_it_names_its_generator(model):
    source = Path(registry.__file__).parent / "models" / f"{model}.py"
    text = source.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(_code_lines(text, tree)) <= 250
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called = node.func.attr
        assert called not in GLOBAL_DRAWS, f"line {node.lineno}: {called} draws from the global generator"
        if called in DRAWS:
            in_init = ast.unparse(node.func.value) == "nn.init"  # `fresh` hands those a generator
            names = {keyword.arg for keyword in node.keywords}
            assert in_init or "generator" in names, f"line {node.lineno}: {called} without a generator"


def _code_lines(text: str, tree: ast.Module) -> set[int]:
    """The lines that hold code: no blanks, no comments, no docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    prose: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            prose |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            code |= set(range(token.start[0], token.end[0] + 1))
    return code - prose


# -- weights --------------------------------------------------------------------------------------------------------


@every_pair
def test_a_model_is_all_in_its_state_dict(model, data):
    trainer, _ = trained(model, data)
    weights = {name: tensor.clone() for name, tensor in trainer.sampler.state_dict().items()}
    twin = empty_copy(trainer.model, weights)
    everything = dict(twin.named_parameters()) | dict(twin.named_buffers())
    assert not [name for name, tensor in everything.items() if tensor.device.type == "meta"]
    assert not differing(everything, dict(trainer.sampler.named_parameters()) | dict(trainer.sampler.named_buffers()))
    assert set(everything) == set(weights)


class _Spy(TorchFunctionMode):
    """Notes what is called."""

    def __init__(self) -> None:
        super().__init__()
        self.called: set[str] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.called.add(func.__name__)
        return func(*args, **(kwargs or {}))


@every_pair
def test_nothing_is_drawn_where_weights_come_from_elsewhere(model, data):
    dataset = registry.load_data(data)
    with _Spy() as spy:
        registry.empty_model(tiny(model, data), dataset)
    assert not {name for name in spy.called if name.endswith(("normal_", "uniform_", "orthogonal_"))}


@every_pair
def test_initial_weights_come_from_the_seed_alone(model, data):
    first = trainer_of(tiny(model, data)).model.state_dict()
    torch.rand(3)  # the global generator moves on, and nobody minds
    assert not differing(first, trainer_of(tiny(model, data)).model.state_dict())
    assert differing(first, trainer_of(tiny(model, data, seed=1)).model.state_dict())


# -- training -------------------------------------------------------------------------------------------------------


@every_pair
def test_the_loss_falls(model, data):
    _, losses = trained(model, data)
    tail = max(1, len(losses) // 4)
    assert all(abs(loss) < 1e9 for loss in losses)  # false for NaN too
    assert sum(losses[-tail:]) < sum(losses[:tail])


@every_pair
def test_held_out_terms_are_those_of_training(model, data):
    trainer, _ = trained(model, data)
    record = trainer_of(tiny(model, data)).turn(steps=1)
    assert 0 in record.held_out  # before step 1, too
    assert set(record.held_out[0]) in (set(), set(record.values))
    assert trainer.score is None or abs(trainer.score) < 1e9


@every_pair
def test_nobody_draws_from_the_global_generator(model, data):
    before = torch.get_rng_state()
    trainer = trainer_of(tiny(model, data))
    losses_of(trainer, 3)
    twin, spec = trainer.sampler, trainer.dataset.spec
    able, label, batch = twin.capabilities(spec), labels_for(twin, 4), trainer.dataset.test.take(torch.arange(4))
    twin.held_out(batch, generator())
    if "sample" in able:
        twin.sample(4, label=label, settings=quick(type(twin)), generator=generator())
    if "log_density" in able:
        twin.log_density(batch.x, generator=generator(), label=label)
    if {"encode", "decode"} <= able:
        twin.decode(twin.encode(batch.x, label), label)
    assert torch.equal(torch.get_rng_state(), before)


@every_pair
def test_evaluating_gives_every_key_and_leaves_all_as_it_was(model, data, tmp_path):
    folder = runs.train(runs.start(tiny(model, data), tmp_path / "run"), Budget("steps", 2))
    run = registry.open_run(folder.path)
    few = {name: split.take(torch.arange(64)) for name in ("train", "validation", "test")
           for split in [run.dataset.split(name)]}  # fmt: skip
    run = replace(run, dataset=replace(run.dataset, **few))
    weights = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    before = torch.get_rng_state()
    numbers = evaluate(run, count=16)
    assert torch.equal(torch.get_rng_state(), before)
    assert not differing(weights, run.model.state_dict())
    assert tuple(numbers) == KEYS
    assert (numbers["model"], numbers["data"], numbers["step"]) == (model, data, 2)
    assert (numbers["nll"] is None) == (run.model.density_kind(run.dataset.spec) == "none")


@every_pair
def test_two_runs_by_turns_give_what_each_gives_alone(model, data):
    alone = [losses_of(trainer_of(tiny(model, data, seed=seed)), 6) for seed in (1, 2)]
    trainers = [trainer_of(tiny(model, data, seed=seed)) for seed in (1, 2)]
    together: list[list[float]] = [[], []]
    for _ in range(6):
        for losses, trainer in zip(together, trainers, strict=True):
            losses += losses_of(trainer, 1)
    assert [tuple(losses) for losses in together] == alone


@every_pair
def test_two_threads_give_what_each_gives_alone(model, data):
    alone = [losses_of(trainer_of(tiny(model, data, seed=seed)), 8) for seed in (1, 2)]
    both_ready, found = threading.Barrier(2, timeout=PATIENCE), {}

    def work(seed: int) -> None:
        both_ready.wait()
        found[seed] = losses_of(trainer_of(tiny(model, data, seed=seed)), 8)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [found.get(seed) for seed in (1, 2)] == alone


@every_pair
def test_looking_on_changes_nothing(model, data):
    straight, watched = trainer_of(tiny(model, data)), trainer_of(tiny(model, data))
    seen: list[str] = []
    watched.model.watcher = seen.append
    losses = []
    for i in range(20):
        losses += losses_of(watched, 1)
        _look(watched.sampler, i)
    assert tuple(losses) == losses_of(straight, 20)
    assert not differing(watched.snapshot().state, straight.snapshot().state)
    assert not differing(watched.snapshot().weights, straight.snapshot().weights)


def _look(twin: GenerativeModel, seed: int) -> None:
    able, x = twin.capabilities(twin.spec), torch.zeros(2, *twin.spec.shape)
    label = labels_for(twin, 2)
    if "sample" in able:
        twin.sample(2, label=label, settings=quick(type(twin)), generator=generator(seed))
    if "encode" in able:
        twin.encode(x, label)


@every_pair
def test_a_worker_that_answers_while_it_trains_trains_the_same(model, data):
    experiment = tiny(model, data)
    spec = dataset_of(experiment).spec
    losses, answers = _in_a_thread(experiment, 20, ask="sample" in registry.model_class(model).capabilities(spec))
    assert losses == losses_of(trainer_of(experiment), 20)
    for answer in answers:
        assert answer.error == ""
        assert answer.arrays["x"].shape == (2, *spec.shape)


def _in_a_thread(experiment, steps: int, ask: bool) -> tuple[tuple[float, ...], list[Answer]]:
    """Trains in a backend, and keeps asking for samples on the way. Gives the losses, and the answers."""
    labels = {"label": torch.zeros(2, len(dataset_of(experiment).spec.classes), dtype=torch.int64).numpy()}
    sampler = registry.model_class(experiment.model).SampleSettings
    settings = {"steps": 5} if "steps" in params(sampler) else {}
    arguments = {"n": 2, "settings": settings} | (labels if experiment.config.get("conditional") else {})
    backend = ThreadBackend(lambda: runs.start(experiment))
    backend.send(Train(Budget("steps", steps)))
    losses: list[float] = []
    answers: list[Answer] = []
    done, asked, deadline = False, 0, time.monotonic() + PATIENCE
    try:
        while not done or len(answers) < min(asked, 1):
            assert time.monotonic() < deadline
            for said in backend.receive():
                message = pickle.loads(pickle.dumps(said))  # as from another process
                assert not isinstance(message, Failed), message
                if isinstance(message, Trained):
                    losses += next(iter(message.record.values.values()))
                    if ask:
                        backend.send(Ask(Query("preview", "sample", arguments, seed=asked), asked))
                        asked += 1
                elif isinstance(message, Answer):
                    answers.append(message)
                elif isinstance(message, Rested):
                    assert message.state == "done", message.details
                    done = True
            backend.has_ended(0.001)
    finally:
        backend.ask_to_close()
        assert backend.has_ended(PATIENCE)
    return tuple(losses), answers


@every_pair
def test_resumed_is_straight_bit_for_bit(model, data, tmp_path):
    _assert_resumes(tiny(model, data), _cuts(model, data, 20), 20, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ema", [0.0, 0.9])
@every_pair
def test_resumed_anywhere_is_straight_bit_for_bit(model, data, ema, tmp_path):
    experiment = tiny(model, data, train__ema=ema)
    rows = len(dataset_of(experiment).train)
    several = replace(experiment, train=replace(experiment.train, batch=max(rows // 3, 1)))  # epochs of three steps
    for number, run in enumerate((experiment, several)):
        for ends in (_cuts(model, data, 60), [1, 3], [3, 6], [2, 59]):
            _assert_resumes(run, ends, 60, tmp_path / f"{number}-{ends[0]}-{ends[1]}")


def _cuts(model: str, data: str, steps: int) -> list[int]:
    """Two random steps, others for each pair, but the same each time."""
    return sorted(random.Random(f"{model} on {data}").sample(range(1, steps), 2))


def _assert_resumes(experiment: Experiment, ends: list[int], steps: int, place: Path) -> None:
    """A run that ends twice and goes on from its folder is, all of it, the run that never did."""
    changes = (Event(ends[0], {"train.lr": 0.002}), Event(ends[1] + 1, {"train.lr": 0.001}))
    experiment = replace(experiment, events=changes)
    straight = runs.train(runs.start(experiment, place / "straight"), Budget("steps", steps))
    parts = runs.train(runs.start(experiment, place / "parts"), Budget("steps", ends[0]))
    for end in (ends[1], steps):
        parts = runs.train(runs.go_on(place / "parts"), Budget("steps", end))
    assert not differing(straight.load_weights(), parts.load_weights())
    assert not differing(straight.load_state()[0], parts.load_state()[0])
    assert straight.load_state()[1] == parts.load_state()[1]
    assert _logged(straight) == _logged(parts)
    assert len(_logged(parts)) == straight.step


def _logged(folder) -> list[float]:
    return [loss for record in folder.records() for loss in next(iter(record.values.values()))]


@every_pair
def test_what_was_done_by_hand_is_replayed_from_the_exported_experiment(model, data):
    by_hand = trainer_of(tiny(model, data))
    losses = [*losses_of(by_hand, 4)]
    by_hand.change({"train.lr": 0.002, "train.batch": 8, **_other_live_values(by_hand)})
    losses += losses_of(by_hand, 3)
    by_hand.train_only(by_hand.model.parts[:1], 2)
    losses += losses_of(by_hand, 4)
    by_hand.change({"train.ema": 0.0})
    losses += losses_of(by_hand, 2)
    replayed = trainer_of(through_json(by_hand.experiment))
    assert losses_of(replayed, 13) == tuple(losses)
    assert not differing(replayed.snapshot().state, by_hand.snapshot().state)
    assert not differing(replayed.snapshot().weights, by_hand.snapshot().weights)
    assert losses_of(trainer_of(tiny(model, data)), 13) != tuple(losses)


def _other_live_values(trainer: Trainer) -> dict[str, int | float | bool | str]:
    """A change of every live setting of the model."""
    changes = {}
    for setting in params(trainer.model.Config).values():
        now = getattr(trainer.model.config, setting.name)
        if setting.live and isinstance(now, bool):
            changes[setting.name] = not now
        elif setting.live and setting.choices:
            changes[setting.name] = next(word for word in setting.choices if word != now)
        elif setting.live:
            changes[setting.name] = setting.low if now != setting.low else setting.high
    return changes


# -- sampling -------------------------------------------------------------------------------------------------------


@_named(_able_to("sample"))
def test_samples_have_the_shape_and_range_of_the_data_and_come_from_the_seed(model, data):
    twin = trained(model, data)[0].sampler
    label, settings = labels_for(twin, 6), quick(type(twin))
    samples, again, other = (
        twin.sample(6, label=label, settings=settings, generator=generator(seed)) for seed in (0, 0, 1)
    )
    assert samples.shape == (6, *twin.spec.shape)
    assert samples.dtype == torch.float32
    reach = twin.spec.high - twin.spec.low
    assert bool((samples > twin.spec.low - 2 * reach).all())  # false for NaN too
    assert bool((samples < twin.spec.high + 2 * reach).all())
    assert torch.equal(samples, again)
    assert not torch.equal(samples, other)


@_named(_able_to("sample_steps"))
def test_a_sampler_shows_every_step_once(model, data):
    twin = trained(model, data)[0].sampler
    label, settings = labels_for(twin, 3), quick(type(twin))
    frames = list(twin.sample_steps(3, label=label, settings=settings, generator=generator()))
    total = frames[0].total
    assert [frame.index for frame in frames] == list(range(total + 1))
    assert {frame.total for frame in frames} == {total}
    for frame in frames:
        assert frame.x.shape == (3, *twin.spec.shape)
        assert frame.x.dtype == torch.float32
        assert all(isinstance(view, torch.Tensor) for view in frame.views.values())
    assert all(frame.generator_state is not None for frame in frames[:-1])
    assert not frames[-1].views
    assert torch.equal(frames[-1].x, twin.sample(3, label=label, settings=settings, generator=generator()))


@_named(_able_to("sample_steps"))
def test_going_on_from_any_step_gives_the_same_rest(model, data):
    twin = trained(model, data)[0].sampler
    label = labels_for(twin, 3)
    for settings in _stochastic_too(twin):
        frames = list(twin.sample_steps(3, label=label, settings=settings, generator=generator()))
        for k in range(frames[0].total):
            rest = twin.sample_steps(3, label=label, settings=settings, generator=generator(99), start=frames[k])
            for was, now in zip(frames[k:], rest, strict=True):
                assert now.index == was.index
                assert torch.equal(now.x, was.x), f"from step {k}, at step {now.index}"
                assert not differing(now.views, was.views)


@_named(_able_to("sample_steps"))
def test_going_on_from_an_edited_step_draws_the_same_noise(model, data):
    twin = trained(model, data)[0].sampler
    label = labels_for(twin, 3)
    for settings in _stochastic_too(twin):
        frames = list(twin.sample_steps(3, label=label, settings=settings, generator=generator()))
        k = frames[0].total // 2
        edited = replace(frames[k], x=frames[k].x + 0.1)
        rest = list(twin.sample_steps(3, label=label, settings=settings, generator=generator(99), start=edited))
        one_draw = frames[0].total == 1  # of a number on the line: nothing of the edit is left
        assert one_draw or not torch.equal(rest[-1].x, frames[-1].x)
        for was, now in zip(frames[k:-1], rest[:-1], strict=True):
            assert torch.equal(now.generator_state, was.generator_state)


def _stochastic_too(twin: GenerativeModel) -> list[object]:
    """The default sampler, and one that draws noise at every step where it can be asked to."""
    noisy = {"eta": 1.0} if "eta" in params(type(twin).SampleSettings) else {}
    return [quick(type(twin)), quick(type(twin), **noisy)]


@_named([pair for pair in _able_to("complete") if registry.load_data(pair[1]).spec.dims > 1])
def test_completion_keeps_what_is_given(model, data):
    trainer, _ = trained(model, data)
    twin = trainer.sampler
    x = trainer.dataset.test.x[:3]
    mask = torch.zeros_like(x)
    mask[:, :1] = 1.0  # a point's first axis
    if twin.spec.kind == "images":
        mask[:, :, 4:] = 0.0  # an image's upper rows
    steps = twin.sample_steps(
        3, label=labels_for(twin, 3), settings=quick(type(twin)), generator=generator(), given=(x, mask)
    )
    *_, last = steps
    assert torch.allclose(last.x[mask > 0], x[mask > 0], rtol=0, atol=1e-6)
    assert not torch.allclose(last.x[mask == 0], x[mask == 0], rtol=0, atol=1e-2)


@_named(_able_to("log_density"))
def test_a_density_is_one_number_an_example_and_comes_from_the_seed(model, data):
    trainer, _ = trained(model, data)
    x, label = trainer.dataset.test.x[:5], labels_for(trainer.sampler, 5)
    first, again = (trainer.sampler.log_density(x, generator=generator(), label=label) for _ in range(2))
    assert first.shape == (5,)
    assert bool(first.isfinite().all())
    assert torch.equal(first, again)
    assert type(trainer.model).density_kind(trainer.dataset.spec) in ("exact", "lower bound")


@_named(_able_to("encode"))
def test_codes_have_the_promised_length_and_decode_to_data(model, data):
    trainer, _ = trained(model, data)
    twin, x, label = trainer.sampler, trainer.dataset.test.x[:5], labels_for(trainer.sampler, 5)
    z = twin.encode(x, label)
    assert z.shape == (5, twin.latent_dim)
    assert twin.decode(z, label).shape == x.shape


# -- labels ---------------------------------------------------------------------------------------------------------

CONDITIONAL = [pair for pair in PAIRS if "conditional" in params(registry.model_class(pair[0]).Config)]


@_named(CONDITIONAL)
def test_a_conditional_model_learns_from_labels_and_takes_them_when_sampling(model, data):
    trainer = trainer_of(tiny(model, data, conditional=True))
    losses_of(trainer, 12)
    twin = trainer.sampler
    assert twin.conditional
    first, second = (
        twin.sample(4, label=torch.full((4, len(twin.spec.classes)), k), settings=quick(type(twin)),
                    generator=generator())
        for k in (0, 1)
    )  # fmt: skip
    assert first.shape == (4, *twin.spec.shape)
    assert bool(first.isfinite().all())
    assert not torch.equal(first, second)  # equal noise, another class


@_named(CONDITIONAL)
def test_labels_are_off_where_the_switch_is_off(model, data):
    trainer = trainer_of(tiny(model, data, conditional=False))
    assert not trainer.sampler.conditional
    first, second = (
        trainer.sampler.sample(4, label=label, settings=quick(type(trainer.model)), generator=generator())
        for label in (None, torch.zeros(4, len(trainer.model.spec.classes), dtype=torch.int64))
    )
    assert torch.equal(first, second)


# -- settings of one kind of data -----------------------------------------------------------------------------------


def _another(setting: Param) -> object:
    if setting.choices:
        return next(choice for choice in setting.choices if choice != setting.default)
    if isinstance(setting.default, bool):
        return not setting.default
    return setting.low if setting.default != setting.low else setting.high


@pytest.mark.parametrize(
    ("model", "setting"),
    [
        pytest.param(name, setting, id=f"{name}-{setting.name}")
        for name in FAMILIES
        for setting in params(registry.model_class(name).Config).values()
        if setting.only
    ],
)
def test_a_setting_for_one_kind_of_data_does_nothing_on_the_other(model, setting):
    data = "moons" if setting.only == "images" else "digits"
    plain = losses_of(trainer_of(tiny(model, data)), 2)
    assert losses_of(trainer_of(tiny(model, data, **{setting.name: _another(setting)})), 2) == plain
