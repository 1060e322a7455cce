"""The student's weights: built from scratch, or any causal language model of the Hugging Face hub."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from stages.errors import UserError
from stages.parameters import Parameters

RECORD = "model.txt"
_Size = Annotated[int, Field(ge=1)]


class Architecture(Parameters):
    """Shape of the transformer that is trained from scratch.

    Attributes:
        hidden_size: Width of the residual stream.
        layers: Number of blocks.
        heads: Attention heads of each block.
        intermediate_size: Width of each feed-forward layer.
    """

    hidden_size: _Size
    layers: _Size
    heads: _Size
    intermediate_size: _Size

    @model_validator(mode="after")
    def _divisible(self) -> "Architecture":
        if self.hidden_size % (2 * self.heads):
            raise ValueError(f"`hidden_size` must be a multiple of twice the `heads` ({2 * self.heads})")
        return self


def build(architecture: Architecture, tokenizer: Any, seed: int) -> Any:
    """Returns a fresh Qwen3 model.

    It has plain attention, whose cache and masks every tool understands, and normalized queries and keys, which learn
    fast at this size.
    """
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=architecture.hidden_size,
            num_hidden_layers=architecture.layers,
            num_attention_heads=architecture.heads,
            num_key_value_heads=architecture.heads,
            head_dim=architecture.hidden_size // architecture.heads,
            intermediate_size=architecture.intermediate_size,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def record(folder: Path, name: str, key: str) -> None:
    """Notes that the base is a model of the hub (or a local folder), instead of weights of our own.

    Args:
        folder: Where to note it.
        name: The model.
        key: The parameter that names it.

    Raises:
        UserError: If there is no such model.
    """
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(name)
    except Exception as error:
        raise UserError(f"params.yaml: `{key}`: cannot load {name} ({first_line(error)})") from None
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(name + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Any, Any]:
    """Returns the base model and its tokenizer, in bfloat16 on a GPU if there is one.

    Raises:
        UserError: If the model cannot be had.
    """
    require(folder, None)
    taken = (folder / RECORD).exists()
    name = (folder / RECORD).read_text(encoding="utf-8").strip() if taken else str(folder)
    try:
        return pretrained(name)
    except Exception as error:  # each loader raises exceptions of its own for what is missing or damaged
        if taken:
            raise UserError(f"{folder}: cannot load {name}, which `base` names ({first_line(error)})") from None
        raise UserError(f"{folder}: cannot be loaded ({first_line(error)}); run `dvc repro` to train it anew") from None


def pretrained(name: str, revision: str = "main") -> tuple[Any, Any]:
    """Returns a model of the hub or of a folder and its tokenizer, in bfloat16 on a GPU if there is one.

    Raises:
        Exception: Of whatever kind the loaders raise.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    kind = {"device_map": "cuda", "dtype": torch.bfloat16} if torch.cuda.is_available() else {"dtype": torch.float32}
    tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return AutoModelForCausalLM.from_pretrained(name, revision=revision, **kind), tokenizer


def require(base: Path, adapter: Path | None) -> None:
    """Looks whether a base model and an adapter, if one is given, have been built.

    Raises:
        UserError: If one of them is missing.
    """
    if not base.is_dir():
        raise UserError(f"{base}: no such model; run `dvc repro` to train it")
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise UserError(f"{adapter}: no such adapter; run `dvc repro` to train it")


def load_arm(base: Path, adapter: Path | None) -> tuple[Any, Any]:
    """Returns the base model with an adapter merged into it, if one is given, and the tokenizer.

    Raises:
        UserError: If one of them cannot be had.
    """
    require(base, adapter)
    if adapter is None:
        return load(base)
    model, tokenizer = load_trainable(base, adapter)
    return model.merge_and_unload(), tokenizer


def load_trainable(base: Path, adapter: Path) -> tuple[Any, Any]:
    """Returns the base model with an adapter that can be trained on, and the tokenizer.

    Raises:
        UserError: If one of them cannot be had.
    """
    require(base, adapter)
    model, tokenizer = load(base)
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(adapter), is_trainable=True), tokenizer
    except Exception as error:
        raise UserError(
            f"{adapter}: cannot be loaded ({first_line(error)}); run `dvc repro` to train it anew"
        ) from None


def first_line(error: Exception) -> str:
    """Returns what an exception of a library says, short enough to be shown."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
