"""Figures as the registry's commands tell them."""


def rupees(paise: int) -> str:
    """`₹-3,102`: whole rupees."""
    return f"₹{paise / 100:,.0f}"
