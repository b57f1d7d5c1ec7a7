"""Addresses of the door, outside of the desk."""

from django.urls import path

from xiaoshi.desk.signing_in.views import own, signing

urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-in/second/", signing.second, name="sign_in_second"),
    path("sign-in/passkey/", signing.with_passkey, name="sign_in_with_passkey"),
    path("sign-in/again/", signing.again, name="sign_in_again"),
    path("sign-in/password/", own.password, name="sign_in_password"),
    path("sign-in/telephone/", own.totp, name="sign_in_totp"),
    path("sign-in/new-passkey/", own.new_passkey, name="sign_in_new_passkey"),
    path("sign-in/recovery-codes/", own.recovery_codes, name="sign_in_recovery"),
    path("sign-in/still-here/", own.still_here, name="sign_in_still_here"),
    path("sign-out/", signing.sign_out, name="sign_out"),
]
