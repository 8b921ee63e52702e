"""Numbers of things in words: one descriptor, two descriptors."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return how many there are of something, in the grammar of the number.

    Parameters
    ----------
    number : int
    one, many : str
        The thing, and several of it: the thing with an s unless stated.

    Examples
    --------
    >>> counted(1, "descriptor"), counted(0, "descriptor"), counted(2, "spectrum", "spectra")
    ('1 descriptor', '0 descriptors', '2 spectra')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
