"""What is true: pure engines. No Django, no files, no network, no clock."""
