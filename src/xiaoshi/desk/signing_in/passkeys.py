"""Passkeys (WebAuthn) by `fido2`: what the browser is asked, and whether what it answers is true.

Why not django-allauth's own pages: they stand on its table of e-mail addresses and its middleware, and a bank's clerks
have neither an e-mail address here nor a page from elsewhere. Beneath allauth, too, it is `fido2` that does the work.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in.models import Factor

ASKED = "passkey_asked"
ANSWER_MAX = 20_000


class NotProven(Exception):  # noqa: N818
    """What the browser sent does not prove anything: altered, late, from another site, or by another key."""


def _server(request: HttpRequest) -> Fido2Server:
    host = request.get_host().rpartition(":")[0] if ":" in request.get_host() else request.get_host()
    origin = f"{request.scheme}://{request.get_host()}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name=settings.BANK_NAME[0]),
        verify_origin=lambda said: said == origin,
    )


def _credential(factor: Factor) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(factor.public))


def ask_to_make(request: HttpRequest, person: Staff, own: list[Factor]) -> dict[str, Any]:
    """Options for a new passkey that can also sign in alone; the challenge is kept in the session."""
    user = PublicKeyCredentialUserEntity(
        id=str(person.pk).encode(), name=person.login, display_name=person.name_zh
    )
    options, state = _server(request).register_begin(
        user,
        [_credential(f) for f in own],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    request.session[ASKED] = state
    return dict(options)


def made(request: HttpRequest, answer: str) -> tuple[str, bytes]:
    """Credential id (hex) and credential data of a new passkey. Raises NotProven."""
    state = request.session.pop(ASKED, None)
    try:
        data = _server(request).register_complete(state, _parsed(answer)).credential_data
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotProven(str(error)[:200]) from error
    if data is None:
        raise NotProven("no credential")
    return data.credential_id.hex(), bytes(data)


def ask_to_prove(request: HttpRequest, own: list[Factor] | None) -> dict[str, Any]:
    """Options for signing in: with one of these passkeys, or (None) with whichever the device holds for this place."""
    options, state = _server(request).authenticate_begin(
        [_credential(f) for f in own] if own is not None else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    request.session[ASKED] = state
    return dict(options)


def claimed(answer: str) -> int | None:
    """The number of the person for whom the answer says it is. Only a claim: `proven` decides."""
    try:
        handle = AuthenticationResponse.from_dict(_parsed(answer)).response.user_handle
        return int(handle.decode()) if handle else None
    except (NotProven, ValueError, KeyError, TypeError, AttributeError):
        return None


def proven(request: HttpRequest, answer: str, own: list[Factor]) -> tuple[Factor, int]:
    """The passkey that answered our question, and its counter. The question is used up. Raises NotProven.

    A counter that does not grow means that the key was copied; keys that do not count always say 0.
    """
    state = request.session.pop(ASKED, None)
    try:
        response = AuthenticationResponse.from_dict(_parsed(answer))
        used = _server(request).authenticate_complete(state, [_credential(f) for f in own], response)
        counter = AuthenticatorData(bytes(response.response.authenticator_data)).counter
    except Exception as error:  # a signature that does not verify raises `cryptography`'s own exception
        if isinstance(error, (ValueError, KeyError, TypeError, AttributeError)) or _is_bad_signature(error):
            raise NotProven(type(error).__name__) from error
        raise
    factor = next((f for f in own if f.credential_id == used.credential_id.hex()), None)
    if factor is None or (counter and counter <= factor.sign_count):
        raise NotProven("counter")
    return factor, counter


def _is_bad_signature(error: Exception) -> bool:
    from cryptography.exceptions import InvalidSignature

    return isinstance(error, InvalidSignature)


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > ANSWER_MAX:
        raise NotProven("too long")
    try:
        value = json.loads(answer)
    except (json.JSONDecodeError, RecursionError) as error:
        raise NotProven("no JSON") from error
    if not isinstance(value, dict):
        raise NotProven("no object")
    return value
