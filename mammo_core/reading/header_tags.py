"""Which elements of a DICOM header describe a mammogram; light to import."""

TAGS = (
    *("ImageType", "SOPClassUID", "Modality", "PresentationIntentType", "Manufacturer"),
    *("SeriesDescription", "ProtocolName", "BodyPartExamined", "AnatomicRegionSequence"),
    *("SpecimenDescriptionSequence", "ContrastBolusAgent", "PaddleDescription"),
    *("ImageLaterality", "Laterality", "FrameLaterality", "ViewPosition", "PatientOrientation"),
    *("ViewCodeSequence", "ViewModifierCodeSequence", "SharedFunctionalGroupsSequence"),
    *("BreastImplantPresent", "PartialView", "PixelSpacing", "PixelSpacingCalibrationType"),
    *("ImagerPixelSpacing", "EstimatedRadiographicMagnificationFactor"),
    *("NominalScannedPixelSpacing", "PixelAspectRatio", "Rows", "Columns", "NumberOfFrames"),
    *("SamplesPerPixel", "PhotometricInterpretation", "BitsStored"),
)
"""Keywords of all elements that `mammo_core.reading.header.describe_header` reads."""
