"""Stage `base`: the student before it learns preferences, trained from scratch here or taken by name."""

from pathlib import Path

from stages.files import published
from stages.parameters import section
from stages.student import model as models
from stages.student.base import BaseParameters, train_base
from stages.tasks.configured import configured

FOLDER = Path("models/base")


def run(task: str) -> None:
    """Writes models/base/TASK, an ordinary Hugging Face folder.

    Raises:
        UserError: If parameters are unusable.
    """
    parameters = section(f"base.{task}", BaseParameters)
    if parameters.model is not None:
        with published(FOLDER / task) as folder:
            models.record(folder, parameters.model, f"base.{task}.model")
        print(f"base {task}: {parameters.model}")
        return
    model, tokenizer, loss = train_base(configured(task), parameters)
    with published(FOLDER / task) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    print(f"base {task}: {model.num_parameters():,} parameters, loss {loss:.3f}")
