"""Floor 6: a study as one document, HTML and Markdown: what was run, claims and verdicts, fits, figures, proof."""

from lab.report.judging import find_sweep, judge_study
from lab.report.writing import ReportPaths, write_report

__all__ = ["ReportPaths", "find_sweep", "judge_study", "write_report"]
