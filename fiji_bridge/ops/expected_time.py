"""How long an operation takes, as far as that is known before."""

from __future__ import annotations


def time_expected(seconds: float, processors: int) -> tuple[str, ...]:
    """Say how long something will take, where that is above a minute.

    Parameters
    ----------
    seconds : float
        Of one processor.
    processors : int
        That work on it.
    """
    minutes = seconds / processors / 60
    if minutes < 1:
        return ()
    many = "processor" if processors == 1 else f"{processors} processors"
    said = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.0f} hours"
    return (f"expected time: about {said} on {'one ' if processors == 1 else ''}{many}",)
