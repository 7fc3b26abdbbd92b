"""Rendered views as Digital Mammography X-Ray Image Storage - For Presentation objects."""

import datetime
import hashlib
import io
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from mammo_core.paths import writing
from mammo_core.phantom.patient import Patient, View
from mammo_core.phantom.render import RenderedView
from mammo_core.phantom.scanner import SCANNERS, Scanner, quantize
from mammo_core.types import Laterality

RLE_PERIOD = 8  # every eighth patient, so that readers meet a second compression
FIRST_DAY = datetime.date(2024, 1, 1)
DETECTOR_SPACING_MM = 0.07
MAGNIFICATION = 660 / 640  # source to detector over source to patient, millimeters

VIEW_CODES = {"CC": ("399162004", "cranio-caudal"), "MLO": ("399368009", "medio-lateral oblique")}
SIDE_CODES = {"L": ("7771000", "Left"), "R": ("24028007", "Right")}
ORIENTATIONS = {
    ("L", "CC"): ["A", "R"],
    ("R", "CC"): ["P", "L"],
    ("L", "MLO"): ["A", "FR"],
    ("R", "MLO"): ["P", "FL"],
}


def write_view(
    path: Path, patient: Patient, laterality: Laterality, view: View, rendered: RenderedView
) -> None:
    """Write one view as a compressed DICOM file.

    Raises:
        MammoError: Where the file cannot be written.
    """
    dataset = build_dataset(patient, laterality, view, rendered)
    syntax = RLELossless if patient.number % RLE_PERIOD == RLE_PERIOD - 1 else JPEGLSLossless
    dataset.compress(syntax, generate_instance_uid=False)
    encoded = io.BytesIO()
    dataset.save_as(encoded, enforce_file_format=True)
    with writing(path) as temporary:
        temporary.write_bytes(encoded.getvalue())


def build_dataset(
    patient: Patient, laterality: Laterality, view: View, rendered: RenderedView
) -> Dataset:
    """The object with its pixels uncompressed; nothing in it looks like a real person."""
    dataset = Dataset()
    _add_identity(dataset, patient)
    _add_equipment(dataset, SCANNERS[patient.scanner])
    _add_acquisition(dataset, patient, laterality, view)
    _add_pixels(dataset, SCANNERS[patient.scanner], rendered)
    _add_instance(dataset, patient, laterality, view)
    return dataset


def _add_identity(dataset: Dataset, patient: Patient) -> None:
    day = FIRST_DAY + datetime.timedelta(days=patient.number % 600)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = f"Synthetic^{patient.patient_id}"
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "F"
    dataset.PatientAge = f"{patient.age:03d}Y"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic image, no person was imaged"
    dataset.InstitutionName = "Synthetic images, no real patients"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "SYNTHETIC SCREENING MAMMOGRAPHY"
    dataset.SeriesDescription = "SYNTHETIC MAMMOGRAPHY 4 VIEWS"
    dataset.AccessionNumber = ""
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    for name in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(dataset, name, day.strftime("%Y%m%d"))
    for name in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        setattr(dataset, name, "120000")


def _add_equipment(dataset: Dataset, scanner: Scanner) -> None:
    dataset.Modality = "MG"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.Manufacturer = scanner.manufacturer
    dataset.ManufacturerModelName = scanner.model
    dataset.DeviceSerialNumber = "SYNTHETIC"
    dataset.SoftwareVersions = "mammo_core.phantom"
    dataset.DetectorType = "DIRECT"
    dataset.DetectorConditionsNominalFlag = "YES"
    dataset.DetectorID = "SYNTHETIC"
    dataset.DetectorTemperature = "25"
    dataset.DetectorBinning = ["1", "1"]
    dataset.DetectorElementSpacing = [f"{DETECTOR_SPACING_MM}"] * 2
    dataset.DetectorElementPhysicalSize = [f"{DETECTOR_SPACING_MM}"] * 2
    dataset.DetectorActiveShape = "RECTANGLE"
    dataset.DetectorActiveDimensions = ["240", "290"]
    dataset.DetectorActiveOrigin = ["0", "0"]
    dataset.FieldOfViewShape = "RECTANGLE"
    dataset.FieldOfViewOrigin = ["0", "0"]
    dataset.FieldOfViewRotation = "0"
    dataset.FieldOfViewHorizontalFlip = "NO"


def _add_acquisition(
    dataset: Dataset, patient: Patient, laterality: Laterality, view: View
) -> None:
    region = _code("76752008", "Breast")
    region.AnatomicRegionModifierSequence = Sequence([_code(*SIDE_CODES[laterality])])
    dataset.AnatomicRegionSequence = Sequence([region])
    view_code = _code(*VIEW_CODES[view])
    view_code.ViewModifierCodeSequence = Sequence([])
    dataset.ViewCodeSequence = Sequence([view_code])
    dataset.BodyPartExamined = "BREAST"
    dataset.ImageLaterality = laterality
    dataset.ViewPosition = view
    dataset.PatientOrientation = ORIENTATIONS[laterality, view]
    dataset.BreastImplantPresent = "NO"
    dataset.PartialView = "NO"
    dataset.OrganExposed = "BREAST"
    dataset.OrganDose = f"{0.012 + 0.00003 * (patient.thickness_mm - 50):.5f}"
    dataset.PositionerType = "MAMMOGRAPHIC"
    dataset.PositionerPrimaryAngle = {"CC": "0"}.get(view, "45" if laterality == "L" else "-45")
    dataset.KVP = "29"
    dataset.ExposureTime = "900"
    dataset.XRayTubeCurrent = "100"
    dataset.Exposure = "90"
    dataset.AnodeTargetMaterial = "TUNGSTEN"
    dataset.FilterMaterial = "RHODIUM"
    dataset.BodyPartThickness = f"{patient.thickness_mm:.0f}"
    dataset.CompressionForce = "100"
    dataset.DistanceSourceToDetector = "660"
    dataset.DistanceSourceToPatient = "640"
    dataset.EstimatedRadiographicMagnificationFactor = f"{MAGNIFICATION:.5f}"


def _add_pixels(dataset: Dataset, scanner: Scanner, rendered: RenderedView) -> None:
    frame = rendered.frame
    dataset.Rows, dataset.Columns = frame.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if scanner.inverted else "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = -1 if scanner.inverted else 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "INVERSE" if scanner.inverted else "IDENTITY"
    dataset.PixelSpacing = [f"{frame.spacing_mm:.5f}"] * 2
    dataset.PixelSpacingCalibrationType = "GEOMETRY"
    dataset.PixelSpacingCalibrationDescription = "Corrected for magnification"
    dataset.ImagerPixelSpacing = [f"{frame.spacing_mm * MAGNIFICATION:.5f}"] * 2
    dataset.FieldOfViewDimensions = [f"{frame.height_mm:.0f}", f"{frame.width_mm:.0f}"]
    low, high = _window(rendered, scanner)
    dataset.WindowCenter = f"{(low + high) / 2:.0f}"
    dataset.WindowWidth = f"{high - low:.0f}"
    dataset.WindowCenterWidthExplanation = "NORMAL"
    dataset.VOILUTFunction = "LINEAR"
    dataset.BurnedInAnnotation = "YES"
    dataset.LossyImageCompression = "00"
    dataset.QualityControlImage = "NO"
    dataset.AcquisitionContextSequence = Sequence([])
    dataset.PixelData = rendered.pixels.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def _window(rendered: RenderedView, scanner: Scanner) -> tuple[float, float]:
    """(lowest, highest) stored value to show: fat stays apart from air, nothing dense is cut."""
    dark, bright = np.percentile(rendered.gray[rendered.breast], [1.0, 99.9])
    low, high = sorted(quantize(np.array([0.4 * dark, bright]), scanner).astype(float))
    return low, max(low + 2, high)


def _add_instance(dataset: Dataset, patient: Patient, laterality: Laterality, view: View) -> None:
    content = hashlib.sha256(dataset.PixelData).hexdigest()
    exam = (str(patient.seed), patient.patient_id, f"{dataset.Rows}x{dataset.Columns}")
    instance = ["CC", "MLO"].index(view) * 2 + "RL".index(laterality) + 1
    sop_class = DigitalMammographyXRayImageStorageForPresentation
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[*exam, laterality, view, content])
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=[*exam, "study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[*exam, "series"])
    dataset.InstanceNumber = dataset.AcquisitionNumber = instance
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID


def _code(value: str, meaning: str) -> Dataset:
    """A SNOMED CT code."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return code
