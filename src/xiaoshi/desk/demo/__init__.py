"""The demo: an invented province bank with the outlets of the nine stories, and people with invented names."""

from xiaoshi.desk.demo.loading import load

__all__ = ["load"]
