"""The ways a program ends other than well. Each is shown to a person as one message, never as a stack trace."""

from collections.abc import Sequence


class Failure(Exception):  # noqa: N818 - a failure of the run, told to a person; not an error in the program
    """The run failed for a reason outside the program; the message says what, where and what to do. Exit code 1."""

    exit_code = 1


class BadSettings(Failure):
    """Settings or arguments that can't work, all of them at once. Exit code 2: trying again doesn't help."""

    exit_code = 2

    def __init__(self, problems: Sequence[str]) -> None:
        """Take one line a problem, each naming the setting, what it is, and what is allowed."""
        self.problems = list(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the settings:", *(f"  {problem}" for problem in problems)]))


class Interrupted(Failure):
    """The program was told to stop (SIGTERM, SIGINT) and did so cleanly. Exit code 128 + signal, as a shell counts."""

    def __init__(self, signal_number: int) -> None:
        """Take the number of the signal that arrived."""
        self.exit_code = 128 + signal_number
        super().__init__("stopped on request; nothing is lost: run it again and it goes on from here")
