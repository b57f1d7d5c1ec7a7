"""A Django project as small as can be, so that the house is tested apart from the desk that lives in it."""
