"""Casework: plans as data, cases as events, one decider. README.md in this folder argues why."""
