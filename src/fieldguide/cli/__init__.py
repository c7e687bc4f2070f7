"""The command line: one thin function a command, over steps."""
