"""Maps as files for other programs: PNG, NumPy, DICOM.

To add a format: a line in `FORMATS`, and a function like `write_png` with a line in `WRITERS`
of export.py.
"""

from mammo_core.explanation_exports.formats import FORMATS, ExportFormat, FormatName

__all__ = ["FORMATS", "ExportFormat", "FormatName"]
