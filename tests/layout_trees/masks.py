"""DICOM files of given pixels, for the archives that keep their masks as DICOM."""

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid


def write_dicom_picture(path, pixels, **header):
    """A Secondary Capture of 8 or 16 bit pixels with the given tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    uid = generate_uid(entropy_srcs=[str(path)])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()
    for name, value in {"Modality": "MG", **header}.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path
