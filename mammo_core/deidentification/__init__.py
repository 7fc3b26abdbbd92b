"""Copies of DICOM mammograms that no longer tell who the patient is."""

from mammo_core.deidentification.folder import Deidentified, deidentify_folder

__all__ = ["Deidentified", "deidentify_folder"]
