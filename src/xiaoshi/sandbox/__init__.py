"""Services of the world outside, to try the desk against: processes of their own, with state of their own, over real sockets."""
