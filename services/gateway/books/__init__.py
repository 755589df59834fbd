"""The journal and its money: what is written, reserved, added up and checked."""
