"""A network without values for its weights: what counting, listing and drawing need, in no time.

VGG19 built for 1000 classes draws 144 million random numbers into 550 MB; its outline draws none.
"""

from __future__ import annotations

from contextlib import contextmanager

from nets.errors import NetError

__all__ = ["outline"]


def outline(name: str, input_shape=None, classes: int | None = None, **options):
    """`nets.build(name, ...)` whose weights have shapes and names but no values.

    input_shape: (height, width, channels) in pixels, and classes; the network's own published
    ones where not given. Returns a keras.Model to count, walk and draw; it is not meant to be
    called, trained or saved. Raises what `nets.build` raises, and NetError for weights=.
    """
    import nets

    row = nets.describe(name)
    if options.get("weights") is not None:
        raise NetError(f"{name}: expected no weights for an outline; use nets.build to load them")
    with without_values():
        return nets.build(
            name, input_shape or row.native, row.classes if classes is None else classes, **options
        )


@contextmanager
def without_values():
    """Within this block new layers get weights without values, and nothing is left to fill later.

    keras.StatelessScope defers every initialiser, and Keras remembers the variables in a list
    that the end of the next scope, anybody's, would fill. Ours are never to be filled, and the
    list would keep them alive: so it is put back as it was. Keras has no public name for it.
    """
    import keras
    from keras.src.backend.common import global_state

    waiting = list(global_state.get_global_attribute("uninitialized_variables") or [])
    # Torch computes with placeholders while a graph is built; on "meta" these hold no memory.
    device = "meta" if keras.backend.backend() == "torch" else None
    try:
        with keras.StatelessScope(initialize_variables=False), _device(keras, device):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", waiting)


@contextmanager
def _device(keras, name: str | None):
    if name is None:
        yield
    else:
        with keras.device(name):
            yield
