"""Floor 3: a study as tidy tables, whether it stands in the store, in an archive or in somebody's file.

Everything above reads `Tables` and nothing else, so a study that was imported is fitted, drawn, judged and reported
like one that was trained here.
"""

from lab.tables.importing import import_runs
from lab.tables.loading import find_study, list_archives, list_stored, list_studies, load_runs, load_tables
from lab.tables.study import Study, Tables

__all__ = [
    "Study",
    "Tables",
    "find_study",
    "import_runs",
    "list_archives",
    "list_stored",
    "list_studies",
    "load_runs",
    "load_tables",
]
