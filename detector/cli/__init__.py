"""What was typed → one call → printed answer and exit code.

`verbs` says what can be typed; `run` starts the verb, which is a module of its name with ``run(args)``.
Nothing heavy is imported before a verb runs: ``--version`` and ``--help`` cost argparse alone.
"""
