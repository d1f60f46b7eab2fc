"""The options of the verbs, a module each; nothing heavy is imported here, so that --help stays fast."""
