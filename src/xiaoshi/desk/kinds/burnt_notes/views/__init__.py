"""D5: the trays of a case, one tray with its masks and the list beside it, what people tell the engine, the mat to print."""
