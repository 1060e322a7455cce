"""The student as a GGUF, for llama.cpp and what is built on it."""

import json
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.files import published

ARCHITECTURE = "qwen3"
# Of the ways to cut text before byte-pair encoding that llama.cpp knows by name none is the student's. This one comes
# closest; where every token counts, text is tokenized by the student's own tokenizer.
_CUTS = "superbpe"


def write_gguf(model: Any, tokenizer: Any, path: Path) -> None:
    """Writes weights (as float32), vocabulary and chat template.

    Args:
        model: A Qwen3 causal language model, as the stage `base` trains it.
        tokenizer: Its tokenizer.
        path: The file.

    Raises:
        UserError: If the model is of another architecture.
    """
    from gguf import GGUFWriter

    if model.config.model_type != ARCHITECTURE:
        raise UserError(
            f"{path}: the model is a {model.config.model_type}; merge its adapter and use llama.cpp's "
            "convert_hf_to_gguf.py, which knows every architecture"
        )
    with published(path) as scratch:
        writer = GGUFWriter(scratch, ARCHITECTURE)
        _shape(writer, model.config)
        _vocabulary(writer, tokenizer, model.config.vocab_size)
        _weights(writer, model)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _shape(writer: Any, config: Any) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])


def _vocabulary(writer: Any, tokenizer: Any, size: int) -> None:
    from gguf import TokenType

    told = json.loads(tokenizer.backend_tokenizer.to_str())
    added = {
        each["id"]: TokenType.CONTROL if each["special"] else TokenType.USER_DEFINED for each in told["added_tokens"]
    }
    texts = {number: text for text, number in tokenizer.get_vocab().items()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_CUTS)
    writer.add_token_list([texts.get(number, f"<|unused {number}|>") for number in range(size)])
    types = (added.get(number, TokenType.NORMAL) if number in texts else TokenType.UNUSED for number in range(size))
    writer.add_token_types(list(types))
    writer.add_token_merges([" ".join(pair) for pair in told["model"]["merges"]])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)


def _weights(writer: Any, model: Any) -> None:
    from gguf import MODEL_ARCH, get_tensor_name_map

    names = get_tensor_name_map(MODEL_ARCH.QWEN3, model.config.num_hidden_layers)
    tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    for name, weight in sorted(model.state_dict().items()):
        if name not in tied:
            writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), weight.float().cpu().numpy())
