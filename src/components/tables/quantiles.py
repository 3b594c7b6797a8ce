"""How a quantile is called where a name may hold no point."""


def quantile_name(level: float) -> str:
    """q10 of 0.1, q2_5 of 0.025."""
    return f"q{100 * level:.10g}".replace(".", "_")
