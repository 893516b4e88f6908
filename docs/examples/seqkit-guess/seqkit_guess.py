"""What the plugin offers. It is imported at every start of seqkit, so nothing heavy is here."""

from dataclasses import dataclass

from seqkit.encoders import EncoderConfig
from seqkit.hookspecs import hookimpl
from seqkit.options import option
from seqkit.tasks import TaskSpec
from seqkit.training.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class GuessConfig(EncoderConfig, TrainingConfig):
    """Options: those of every encoder, those of training, and our own."""

    units: int = option(32, help="units of each layer and direction", group="encoder", minimum=1)
    embedding: int = option(16, help="width of a letter's vector", group="encoder", minimum=1)


def create(config):
    from seqkit_guess_task import GuessTask

    return GuessTask(config)


@hookimpl
def seqkit_tasks():
    """Offer the task ``guess``."""
    yield TaskSpec(
        name="guess",
        summary="Guess which language a word is from",
        config=GuessConfig,
        create=create,
    )
