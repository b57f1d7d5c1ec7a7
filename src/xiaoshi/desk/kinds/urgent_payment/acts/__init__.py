"""The acts of the urgent case, by stage."""
