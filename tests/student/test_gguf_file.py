import numpy as np
import pytest
from gguf import GGUFReader, TokenType
from transformers import LlamaConfig, LlamaForCausalLM

from stages.errors import UserError
from stages.student.gguf_file import write_gguf
from tests import tiny


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "student.gguf"
    write_gguf(tiny.model(), tiny.tokenizer(), path)
    return GGUFReader(path)


def test_every_weight_is_there(read):
    tensors = {each.name: each.data for each in read.tensors}
    weights = {name: each.numpy() for name, each in tiny.model().state_dict().items() if name != "lm_head.weight"}
    assert len(tensors) == len(weights)
    assert np.array_equal(tensors["token_embd.weight"], weights["model.embed_tokens.weight"])
    assert np.array_equal(tensors["blk.1.ffn_down.weight"], weights["model.layers.1.mlp.down_proj.weight"])


def test_vocabulary_and_chat_template_are_the_tokenizers(read):
    tokenizer, fields = tiny.tokenizer(), read.fields
    tokens, types = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type"))
    for text, number in tokenizer.get_vocab().items():
        assert tokens[number] == text
    assert types[tokenizer.eos_token_id] == TokenType.CONTROL
    assert TokenType.USER_DEFINED in types, "the line of a function is one token"
    assert fields["tokenizer.ggml.eos_token_id"].contents() == tokenizer.eos_token_id
    assert fields["tokenizer.chat_template"].contents() == tokenizer.chat_template


def test_another_architecture_is_refused_with_the_way_to_go(tmp_path):
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    llama = LlamaForCausalLM(LlamaConfig(vocab_size=8, **sizes))
    with pytest.raises(UserError, match=r"the model is a llama; .*convert_hf_to_gguf\.py"):
        write_gguf(llama, tiny.tokenizer(), tmp_path / "out.gguf")
    assert not list(tmp_path.iterdir())
