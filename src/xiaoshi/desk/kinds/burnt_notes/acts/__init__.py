"""What people do in a case of damaged notes, by chapter of the procedure."""
