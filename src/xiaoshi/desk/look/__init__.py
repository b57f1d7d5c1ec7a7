"""The look of the desk: templates' settings, form renderer, template tags, plan map. README.md lists the parts."""
