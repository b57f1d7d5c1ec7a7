"""The house: what must stand before anybody can work at the desk.

Home folder and secrets (`home`), the embedded PostgreSQL (`postgres`, `guardian`, `roles`), the supervisor of the
running desk (`serve`), and the doctor who says what is wrong with an installation (`doctor`). No Django is imported
here except by `django.prepare`, and none of it knows what a case is.
"""
