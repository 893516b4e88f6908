"""The checks of a layer for an encoder that a plugin offers."""

from functools import partial

import numpy as np

from seqkit.encoders import EncoderConfig
from seqkit.errors import UserError
from seqkit.plugins import PluginHost
from seqkit.testing.checks import CheckRecord
from seqkit.testing.layers import LAYER_CHECKS, check_layer

__all__ = ["check_encoder"]

SMALL = 4
"""Units: a narrow layer has all that can be wrong."""


def check_encoder(name: str, host: PluginHost, *, bidirectional: bool) -> tuple[CheckRecord, ...]:
    """Check that an encoder keeps what a recurrent layer promises, with few units.

    Args:
        name: as ``--encoder`` takes it.
        host: that offers it.
        bidirectional: whether it is to read from both ends; the other options are the defaults.

    Returns:
        A record for each of :data:`~seqkit.testing.layers.LAYER_CHECKS`, in their order; all are
        skipped where the encoder refuses the options with a ``UserError``, as it may.

    Raises:
        UserError: no plugin offers an encoder of that name.
    """
    host.find_encoder(name)
    config = EncoderConfig(encoder=name, units=SMALL, bidirectional=bidirectional)
    make = partial(host.create_encoder, config)
    try:
        make(SMALL, rng=np.random.default_rng(0))
    except UserError as error:
        return tuple(CheckRecord(c.name, "skipped", f"refused: {error}") for c in LAYER_CHECKS)
    except Exception:  # the checks record what it is
        pass
    return check_layer(make)
