"""The steps of a sign-in, whatever page they are on: password, then a second factor where the person has one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import budgets, codes, passkeys
from xiaoshi.desk.signing_in.devices import address_of, device_of, remember, words_of
from xiaoshi.desk.signing_in.models import Device, DoorEvent, Factor
from xiaoshi.desk.signing_in.sittings import METHOD

HALF = "half_signed_in"
HALF_S = 5 * 60
NEEDS = "needs"
BACKEND = "django.contrib.auth.backends.ModelBackend"
USERNAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Try:
    """What came of a try. `wait_until`: nothing was looked at. `person`: it was right."""

    person: Staff | None = None
    wait_until: datetime | None = None


def try_password(request: HttpRequest, name: str, password: str) -> Try:
    """Look at a name and a password, unless this place has to wait. A wrong name and a wrong password look the same."""
    now, place = timezone.now(), budgets.place_of(name, device_of(request), address_of(request))
    until = budgets.charge(name, place, now)
    if until is not None:
        return Try(wait_until=until)
    person = authenticate(request, login=name, password=password)
    if not isinstance(person, Staff):
        tell(request, name, "failed", place.known)
        return Try()
    budgets.give_back(name, place, now)
    return Try(person=Staff.objects.select_related("unit").get(pk=person.pk))


def try_password_again(request: HttpRequest, person: Staff, password: str) -> Try:
    """The same for somebody who is signed in and changes what proves who he or she is."""
    now, place = timezone.now(), budgets.place_of(person.login, device_of(request), address_of(request))
    until = budgets.charge(person.login, place, now)
    if until is not None:
        return Try(wait_until=until)
    if not person.check_password(password):
        return Try()
    budgets.give_back(person.login, place, now)
    return Try(person=person)


def own_factors(person: Staff, *kinds: str) -> list[Factor]:
    """Recovery codes that are used up are not among them."""
    found = Factor.objects.filter(staff_login=person.login, used_at=None) if "recovery" in kinds else (
        Factor.objects.filter(staff_login=person.login)
    )  # fmt: skip
    return list(found.filter(kind__in=kinds).order_by("made_at"))


def has_second_factor(person: Staff) -> bool:
    return Factor.objects.filter(staff_login=person.login, kind__in=("totp", "passkey")).exists()


def go_half(request: HttpRequest, person: Staff) -> None:
    """The password was right; for five minutes the second factor may follow. Nothing is open yet."""
    request.session[HALF] = {"login": person.login, "at": timezone.now().timestamp(), "mark": _mark(person)}


def half_signed_in(request: HttpRequest) -> Staff | None:
    """Who gave the right password a moment ago; nobody once it is late, or the password was changed since."""
    half = request.session.get(HALF) or {}
    if timezone.now().timestamp() - half.get("at", 0) > HALF_S:
        return None
    person = Staff.objects.select_related("unit").filter(login=half.get("login", ""), is_active=True).first()
    return person if person is not None and half.get("mark") == _mark(person) else None


def _mark(person: Staff) -> str:
    return person.get_session_auth_hash()


def try_code(request: HttpRequest, person: Staff, code: str) -> tuple[Try, str]:
    """A code from the telephone or a recovery code: each serves once. Gives the try and which kind it was."""
    now, place = timezone.now(), budgets.place_of(person.login, device_of(request), address_of(request))
    until = budgets.charge(person.login, place, now)
    if until is not None:
        return Try(wait_until=until), ""
    with visible_to(person):
        kind = _code_fits(person, code, now)
    if not kind:
        tell(request, person.login, "second_failed", place.known)
        return Try(), ""
    budgets.give_back(person.login, place, now)
    return Try(person=person), kind


def _code_fits(person: Staff, code: str, now: datetime) -> str:
    totp = Factor.objects.select_for_update().filter(staff_login=person.login, kind="totp").first()
    if totp is not None:
        step = codes.step_of_code(totp.secret, code, now.timestamp(), totp.last_step)
        if step is not None:
            Factor.objects.filter(id=totp.id).update(last_step=step, used_at=now)
            return "totp"
    used = Factor.objects.filter(
        staff_login=person.login,
        kind="recovery",
        used_at=None,
        code_hash=codes.recovery_hash(person.login, code),
    ).update(used_at=now)
    return "recovery" if used else ""


def try_passkey(request: HttpRequest, person: Staff, answer: str) -> Try:
    """Whether one of this person's passkeys answered. Counted like a code: a page that guesses has to wait."""
    now, place = timezone.now(), budgets.place_of(person.login, device_of(request), address_of(request))
    until = budgets.charge(person.login, place, now)
    if until is not None:
        return Try(wait_until=until)
    with visible_to(person):
        try:
            factor, counter = passkeys.proven(request, answer, own_factors(person, "passkey"))
        except passkeys.NotProven:
            tell(request, person.login, "second_failed", place.known)
            return Try()
        Factor.objects.filter(id=factor.id).update(sign_count=counter, used_at=now)
    budgets.give_back(person.login, place, now)
    return Try(person=person)


def let_in(request: HttpRequest, response: HttpResponse, person: Staff, method: str) -> HttpResponse:
    """Sign in for good: session, device, and an entry at the door. What is still owed limits the session to its pages."""
    device = device_of(request) or uuid.uuid4()
    now = timezone.now()
    request.session.pop(HALF, None)
    # The session's key changes at sign-in, its content stays for the same person: a stale one of somebody else goes.
    request.session[METHOD] = method
    login(request, person, backend=BACKEND)
    request.session[NEEDS] = what_is_owed(person)
    with visible_to(person):
        own = Device.objects.filter(device=device, staff_login=person.login)
        known = bool(own.update(last_at=now, words=words_of(request)))
        if not known:
            Device.objects.create(
                device=device, staff_login=person.login, words=words_of(request), first_at=now, last_at=now
            )
    tell(request, person.login, "signed_in", known)
    remember(response, device)
    return response


def what_is_owed(person: Staff) -> list[str]:
    """Before anything else: a password of one's own, and a second factor where the bank asks one of this role."""
    owed = ["password"] if person.must_change_password else []
    with visible_to(person):
        if set(setting("second_factor_roles")) & set(person.roles) and not has_second_factor(person):
            owed.append("factor")
    return owed


def tell(request: HttpRequest, name: str, what: str, known: bool) -> None:
    """An entry at the door, for a name that somebody bears."""
    if Staff.objects.filter(login=name).exists():
        # By hand: the row is written before anybody is signed in, and Django would ask for the new id back.
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO signing_in_doorevent (staff_login, what, known_device, address, device_words, at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [name, what, known, address_of(request), words_of(request), timezone.now()],
            )


def failures_since(person: Staff, since: datetime) -> int:
    """How often somebody failed with this person's name: shown after signing in. At most a hundred are counted."""
    found = DoorEvent.objects.filter(
        staff_login=person.login, what__in=("failed", "second_failed"), at__gt=since
    )
    return len(found.values_list("id")[:100])


def soon(until: datetime) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, int((until - timezone.now() + timedelta(milliseconds=999)).total_seconds()))
