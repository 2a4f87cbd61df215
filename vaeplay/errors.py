"""The one exception for mistakes a user can mend: its text is one line that says what is wrong and what to do."""


class UserError(Exception):
    """A mistake in settings, data or files. Shown as one line, never as a traceback."""
