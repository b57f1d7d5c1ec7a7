"""Plans drawn in BPMN 2.0 for other tools. `export.py` argues what of a plan BPMN can say."""
