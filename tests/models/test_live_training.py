"""What the trainer does for every family alike: live changes replay to the bit, weights decay, gradients are cut."""

import pytest
import torch

from playground import registry
from tests.helpers import differing, losses_of, through_json, tiny, trainer_of

FAMILIES = tuple(registry.models())
CHANGES = ({"train.lr": 3e-4, "train.batch": 24}, {"train.weight_decay": 0.5, "train.clip": 0.05}, {"train.ema": 0.5})


def _data_of(model: str) -> str:
    points = registry.load_data("eight-gaussians").spec
    return "eight-gaussians" if registry.model_class(model).supports(points) is None else "digits"


@pytest.mark.parametrize("model", FAMILIES)
def test_live_changes_of_the_training_replay_to_the_bit(model):
    live = trainer_of(tiny(model, _data_of(model)))
    losses = losses_of(live, 2)
    for change in CHANGES:
        live.change(change)
        losses += losses_of(live, 3)
    replayed = trainer_of(through_json(live.experiment))
    assert losses_of(replayed, len(losses)) == losses
    assert differing(replayed.sampler.state_dict(), live.sampler.state_dict()) == []
    untouched = trainer_of(tiny(model, _data_of(model)))
    if untouched.optimizers:
        assert losses_of(untouched, len(losses)) != losses


def test_weight_decay_takes_its_share_off_all_weights():
    run = trainer_of(tiny("vae", "digits", train__weight_decay=2.0, train__lr=0.0))
    before = [weight.detach().clone() for weight in run.model.parameters()]
    losses_of(run, 1)  # without a learning rate nothing moves: the decay is in proportion to it
    assert all(torch.equal(a, b) for a, b in zip(before, run.model.parameters(), strict=True))
    plain, decayed = (trainer_of(tiny("vae", "digits", train__weight_decay=decay)) for decay in (0.0, 10.0))
    for each in (plain, decayed):
        losses_of(each, 1)
    lr = plain.settings.lr
    for start, there, here in zip(before, plain.model.parameters(), decayed.model.parameters(), strict=True):
        torch.testing.assert_close(here, there - lr * 10.0 * start, rtol=1e-4, atol=1e-6)


def test_no_part_follows_a_longer_gradient_than_the_clip():
    seen: list[float] = []

    def record(optimizer, args, kwargs):
        grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        seen.append(float(torch.stack([g.norm() for g in grads]).norm()))

    run = trainer_of(tiny("gan", "eight-gaussians", train__clip=0.01))
    for optimizer in run.optimizers.values():
        optimizer.register_step_pre_hook(record)  # after the trainer's own
    losses_of(run, 3)
    assert len(seen) >= 6
    assert max(seen) <= 0.01 * 1.001
    run.change({"train.clip": 0.0})
    losses_of(run, 3)
    assert max(seen) > 0.02
