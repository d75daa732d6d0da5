"""A risk bound in words."""


def bound_in_words(alpha: float, delta: float, labelled: int) -> str:
    """What a certificate says of the answers that are released under it."""
    return f"at most {alpha:.0%} are wrong, said with {1 - delta:.0%} certainty on {labelled} labelled answers"
