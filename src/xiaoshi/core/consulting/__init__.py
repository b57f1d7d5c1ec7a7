"""Consulting upwards 请示: who is asked. Pure."""
