"""Imported by a measuring process in the tests: it gets so little memory that it cannot do its work."""

import resource


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (48 * 1024**2, 48 * 1024**2))
