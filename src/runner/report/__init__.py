"""The report of a finished run: one self-contained HTML file and its pictures."""

from runner.report.page import write_report

__all__ = ["write_report"]
