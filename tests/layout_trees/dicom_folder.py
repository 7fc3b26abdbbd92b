"""What a hospital burns onto a disc: a DICOMDIR, a viewer, and images without a suffix."""

from made_files import write_dicom


def write_dicom_folder(root):
    """Two patients with two views each, in folders and files that tell nothing."""
    for number in range(4):
        patient = f"{1000 + number // 2}"
        write_dicom(
            root / "DICOM" / f"PA{number // 2}" / "ST0" / f"IM{number:05d}",
            PatientID=patient,
            StudyInstanceUID=f"1.2.826.0.1.{patient}",
            PatientName="DOE^JANE",
            ImageLaterality="LR"[number % 2],
            ViewPosition="CC",
            InstanceNumber=number,
        )
    for name in ("DICOMDIR", "README.TXT", "viewer/VIEWER.EXE", "AUTORUN.INF", "index.htm"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("not an image; ../../elsewhere/IM1")
    return root
