"""The ways in which a command stops with one clear line instead of a traceback."""


class UserError(Exception):
    """A mistake that the user can mend: a wrong flag, missing data, a run folder of another recipe (exit code 2)."""


class TrainingFailed(Exception):
    """Training cannot go on, through nobody's typing: a loss that is no longer finite, a full disk (exit code 1)."""


class NotFinite(TrainingFailed):
    """A loss or a weight is no longer finite: what (`what`), and what stays of the run."""

    def __init__(self, what: str, stays: str):
        super().__init__(f"{what}; {stays}")
        self.what = what
