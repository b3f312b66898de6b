"""Where the files of a repository import from: read from its code and its settings, never run."""
