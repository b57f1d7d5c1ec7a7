"""Who acts from the command line: `--as LOGIN` names a person of the bank; what he or she may do is checked as ever.

Whoever can read the home's secrets can act as anybody; so each entry says that it came by the command line.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from xiaoshi.house.trouble import HouseError

if TYPE_CHECKING:
    from xiaoshi.desk.organisation.models import Staff


def add_person_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="login", required=True, metavar="LOGIN", help="以谁的身份 / on whose behalf"
    )


def person_named(login: str) -> Staff:
    """The person in service with this sign-in name. Raises HouseError (exit code 1) with words."""
    from xiaoshi.desk.organisation.models import Staff

    person = Staff.objects.select_related("unit").filter(login=login, is_active=True).first()
    if person is None:
        raise HouseError(
            "no_such_colleague",
            f"没有登录名为“{login}”的在职同事。",
            f"There is nobody in service with the sign-in name “{login}”.",
            "--as",
            exit_code=1,
        )
    return person
