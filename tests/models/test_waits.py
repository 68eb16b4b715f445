"""Where a step runs on a GPU, reading one of its numbers would hold the processor up until all before it is done.

No GPU is needed to see that: which operations read numbers is the same everywhere.
"""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from playground import registry
from playground.core.model import COUNT
from tests.helpers import tiny, trainer_of

READS = ("_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "equal", "is_nonzero")
PAIRS = [
    (model, data)
    for model in registry.models()
    for data in ("digits", "moons")
    if registry.model_class(model).supports(registry.load_data(data).spec) is None
]


class Reads(TorchDispatchMode):
    """Notes each operation whose outcome the processor must know before it can go on; those on some tensors may be."""

    def __init__(self, free: list[torch.Tensor]) -> None:
        super().__init__()
        self.found: list[str] = []
        self._free = {tensor.untyped_storage().data_ptr() for tensor in free}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        masks = name in ("index", "index_put", "index_put_") and any(
            chosen is not None and chosen.dtype == torch.bool for chosen in args[1]
        )
        if (name in READS or masks) and args[0].untyped_storage().data_ptr() not in self._free:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("model", "data"), PAIRS, ids=lambda value: str(value))
def test_a_step_reads_no_number(model, data):
    run = trainer_of(registry.experiment(model, data))  # with labels, penalties and all else that its preset asks for
    if run.model.full_batch:
        pytest.skip("it ends when nothing is gained any more, which it must read")
    counts = [buffer for name, buffer in run.model.named_buffers() if name == COUNT]
    batch = run.dataset.train.take(torch.arange(8))
    noise = torch.Generator().manual_seed(0)
    with Reads(counts) as reads:
        for _ in range(3):
            run.model.train_step(batch, run.optimizers, noise, run.model.parts)
    assert reads.found == []


@pytest.mark.parametrize("name", registry.models())
def test_what_is_counted_stays_in_the_memory_of_the_processor(name):
    moved = trainer_of(tiny(name, "digits")).model.to("meta")
    where = {name: tensor.device.type for name, tensor in moved.state_dict().items()}
    assert where.pop(COUNT, "cpu") == "cpu"
    assert set(where.values()) <= {"meta"}
