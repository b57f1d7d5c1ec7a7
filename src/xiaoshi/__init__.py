"""Xiaoshi 小事: the casework desk for bank business that fits no standard form."""

__version__ = "0.1.0"
