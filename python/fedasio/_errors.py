"""What goes wrong, in sentences that say what to do."""

from __future__ import annotations


class FederationError(RuntimeError):
    """The federation ended for a reason that is not this script's."""


class Misuse(ValueError):
    """The script does what makes no sense; the sentence says what to do instead."""


class Diverged(ValueError):
    """The training gave no finite numbers. The master has been told, and the client is left out of this round."""


for _one in (FederationError, Misuse, Diverged):
    _one.__module__ = "fedasio"  # as which scripts know them
