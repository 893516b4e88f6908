"""Independent random streams from one seed, addressed by what they are for."""

import numpy as np

__all__ = ["random_stream"]


def random_stream(seed: int, purpose: str, *place: int) -> np.random.Generator:
    """Return the generator for a purpose and a place, such as ``("dropout", epoch, step)``.

    A stream depends on nothing but its address, so no generator has to be saved or shared: an
    interrupted run draws at step 800 what it would have drawn anyway.

    Args:
        seed: of the run, at least 0.
        purpose: what is drawn.
        place: where, numbers of at least 0.
    """
    address = (len(purpose), *purpose.encode(), *place)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=address))
