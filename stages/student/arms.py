"""The arms of an evaluation, where each one's weights are, and how several are trained at the same time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stages.errors import UserError
from stages.files import Row

if TYPE_CHECKING:
    from stages.student.preferences import Training

BASES, ADAPTERS, REFINED = Path("models/base"), Path("models/adapters"), Path("models/refined")
BASE, SFT, DPO = "base", "sft", "dpo"
SFT_SFT, SFT_DPO = f"{SFT}_{SFT}", f"{SFT}_{DPO}"
ARMS = (BASE, SFT, DPO, SFT_SFT, SFT_DPO)
CONTROLS = {DPO: SFT, SFT_DPO: SFT_SFT}  # who imitates what a preference arm prefers, from the same weights
STARTS = {SFT: BASE, DPO: BASE, SFT_SFT: SFT, SFT_DPO: SFT}  # whose weights an arm's training began with

T = TypeVar("T")


def folders(task: str, arm: str) -> tuple[Path, Path | None]:
    """Returns where an arm's base and its adapter are; the base itself has none."""
    adapters = REFINED if arm in (SFT_SFT, SFT_DPO) else ADAPTERS
    return BASES / task, None if arm == BASE else adapters / task / arm


def side_by_side(work: Callable[[str], T], arms: Sequence[str], workers: int, key: str) -> Iterator[T]:
    """Trains arms, at the same time if there are workers for it, and yields what came of them in order.

    Raises:
        UserError: If a worker was killed; names the parameter, which is `key`.
    """
    if workers == 1:
        yield from map(work, arms)
        return
    # Fresh processes: a fork of one that has used PyTorch's threads or a GPU may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, arms)
        except BrokenProcessPool:
            raise UserError(f"the process of an arm was killed; if memory is short, set `{key}` to 1") from None


def tell(name: str, pairs: int, history: Sequence[Row], parameters: "Training") -> None:
    """Prints how a training went, and whether it collapsed."""
    from stages.student.preferences import CHOSEN, collapsed

    first, last = history[0], history[-1]
    print(f"{name}: {pairs} pairs, loss {first['loss']:.3f} -> {last['loss']:.3f}")
    if collapsed(history, parameters.collapse):
        print(
            f"{name}: COLLAPSED: {CHOSEN} fell from {first[CHOSEN]:.1f} to {last[CHOSEN]:.1f}: right turns became "
            "unlikely too; add `sft` to the loss or raise beta"
        )
