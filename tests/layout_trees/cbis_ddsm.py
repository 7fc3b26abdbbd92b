"""CBIS-DDSM in small: the tables and folders of The Cancer Imaging Archive, with made pictures."""

import csv
from dataclasses import dataclass

import numpy as np
from PIL import Image
from pydicom.uid import generate_uid

from layout_trees.masks import write_dicom_picture

SHAPE = (96, 64)
COMMON = ("left or right breast", "image view", "abnormality id", "abnormality type")
END = (
    *("assessment", "pathology", "subtlety", "image file path", "cropped image file path"),
    "ROI mask file path",
)
COLUMNS = {
    "mass": ("patient_id", "breast_density", *COMMON, "mass shape", "mass margins", *END),
    "calc": ("patient_id", "breast density", *COMMON, "calc type", "calc distribution", *END),
}
KINDS = {"mass": "mass", "calc": "calcification"}


@dataclass(frozen=True)
class Lesion:
    """A row of a table; `box` is (top, left, bottom, right) of its mask on a film of SHAPE."""

    kind: str
    split: str
    patient: str
    side: str
    view: str
    number: int
    pathology: str
    assessment: int
    density: int
    box: tuple[int, int, int, int]

    @property
    def case(self):
        """The name of the image's folder."""
        split = {"train": "Training", "test": "Test"}[self.split]
        return f"{self.kind.title()}-{split}_{self.patient}_{self.side}_{self.view}"

    def mask(self, factor=1):
        """The lesion's outline as 0 and 255, on a grid `factor` times as fine as the film's."""
        mask = np.zeros((SHAPE[0] * factor, SHAPE[1] * factor), np.uint8)
        top, left, bottom, right = (place * factor for place in self.box)
        mask[top:bottom, left:right] = 255
        return mask


MANIFEST = (
    "Series UID,Collection,Subject ID,Study UID,Series Description,Modality,File Location\n"
    "1.3.6,CBIS-DDSM,Calc-Test_P_00038_LEFT_CC,1.3.6,full mammogram images,MG,./CBIS-DDSM\n"
)
"""What the retriever writes about its download; nothing that a reader needs."""

BWC = "BENIGN_WITHOUT_CALLBACK"
LESIONS = (
    Lesion("mass", "train", "P_00001", "LEFT", "CC", 1, "MALIGNANT", 4, 3, (10, 8, 30, 24)),
    Lesion("mass", "train", "P_00001", "LEFT", "MLO", 1, "MALIGNANT", 4, 3, (12, 8, 30, 24)),
    Lesion("mass", "train", "P_00004", "LEFT", "CC", 1, "BENIGN", 3, 2, (20, 10, 40, 30)),
    Lesion("mass", "train", "P_00004", "LEFT", "CC", 2, "MALIGNANT", 5, 2, (60, 20, 80, 40)),
    Lesion("mass", "train", "P_00009", "RIGHT", "MLO", 1, "BENIGN", 0, 1, (20, 10, 40, 30)),
    Lesion("mass", "test", "P_00016", "LEFT", "CC", 1, "BENIGN", 2, 4, (30, 20, 50, 40)),
    Lesion("calc", "train", "P_00005", "RIGHT", "CC", 1, BWC, 2, 3, (8, 8, 9, 9)),
    Lesion("calc", "train", "P_00001", "LEFT", "CC", 1, "BENIGN", 2, 3, (50, 30, 60, 44)),
    Lesion("calc", "test", "P_00038", "LEFT", "CC", 1, "MALIGNANT", 5, 2, (30, 20, 50, 40)),
    Lesion("calc", "test", "P_00009", "RIGHT", "MLO", 1, "MALIGNANT", 4, 1, (60, 20, 70, 30)),
)  # fmt: skip
"""P_00001's left CC stands in the tables of both kinds, P_00009's MLO in both sets."""


def uid(*parts):
    """A UID of these parts."""
    return generate_uid("1.3.6.1.4.1.9590.100.1.2.", entropy_srcs=list(map(str, parts)))


def row_of(lesion):
    """The lesion's row: paths of the first release, a line break after the file that is 000001."""
    case, part = lesion.case, f"{lesion.case}_{lesion.number}"
    outline = f"{part}/{uid(part, 'study')}/{uid(part, 'series')}"
    crop, mask = f"{outline}/000000.dcm", f"{outline}/000001.dcm\n"
    if lesion.kind == "calc":
        crop, mask = mask, crop
    common = dict.fromkeys(COLUMNS[lesion.kind], "N/A")
    return common | {
        "patient_id": lesion.patient,
        COLUMNS[lesion.kind][1]: lesion.density,
        "left or right breast": lesion.side,
        "image view": lesion.view,
        "abnormality id": lesion.number,
        "abnormality type": KINDS[lesion.kind],
        "assessment": lesion.assessment,
        "pathology": lesion.pathology,
        "subtlety": 3,
        "image file path": f"{case}/{uid(case, 'study')}/{uid(case, 'series')}/000000.dcm",
        "cropped image file path": crop,
        "ROI mask file path": mask,
    }


def write_tables(folder, lesions=LESIONS, separator=","):
    """The four tables; one without a lesion is not written."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, columns in COLUMNS.items():
        for split in ("train", "test"):
            rows = [row_of(each) for each in lesions if (each.kind, each.split) == (kind, split)]
            if rows:
                name = f"{kind}_case_description_{split}_set.csv"
                with (folder / name).open("w", newline="") as file:
                    writer = csv.DictWriter(file, columns, delimiter=separator)
                    writer.writeheader()
                    writer.writerows(rows)
    return folder


def gray(seed, shape=SHAPE):
    """A film, or a crop of one: 16 bit, as scanned."""
    return np.random.default_rng(seed).integers(0, 60_000, shape).astype(np.uint16)


def write_cbis_ddsm(root, lesions=LESIONS, swapped=(), described=True):
    """The archive as its retriever saves it, with the tables beside.

    `swapped` are numbers of lesions whose mask comes before their crop.
    """
    write_tables(root, lesions)
    (root / "metadata.csv").write_text(MANIFEST)
    for number, lesion in enumerate(lesions):
        write_image(root, lesion, number)
        part = f"{lesion.case}_{lesion.number}"
        folder = root / "CBIS-DDSM" / part / uid(part, "study") / uid(part, "series")
        order = (1, 2) if number in swapped else (2, 1)
        write_mask(folder / f"1-{order[0]}.dcm", lesion, part, described)
        write_crop(folder / f"1-{order[1]}.dcm", number, part, described)
    return root


def write_image(root, lesion, seed):
    """The film of a lesion, unless it is there."""
    case = lesion.case
    file = root / "CBIS-DDSM" / case / uid(case, "study") / uid(case, "series") / "1-1.dcm"
    if not file.exists():
        write_dicom_picture(file, gray(seed), **header(case, lesion, "full mammogram images"))


def header(patient_id, lesion, description):
    """The tags that CBIS-DDSM's files have: the view in PatientOrientation, a patient a case."""
    return {
        "PatientID": patient_id,
        "PatientName": patient_id,
        "BodyPartExamined": "BREAST",
        "Laterality": lesion.side[0],
        "PatientOrientation": lesion.view,
        "SeriesDescription": description,
    }


def write_mask(file, lesion, part, described=True, factor=1):
    """A lesion's mask, perhaps without the description that tells it from a crop."""
    words = "ROI mask images" if described else ""
    return write_dicom_picture(file, lesion.mask(factor), **header(part, lesion, words))


def write_crop(file, seed, part, described=True):
    """A crop around a lesion."""
    words = "cropped images" if described else ""
    tags = {"PatientID": part, "BodyPartExamined": "BREAST", "SeriesDescription": words}
    return write_dicom_picture(file, gray(seed, (40, 36)), **tags)


def write_jpeg_release(root, lesions=LESIONS):
    """The re-release as JPEG: `csv/` and a folder for each series."""
    write_tables(root / "csv", lesions)
    for number, lesion in enumerate(lesions):
        part = f"{lesion.case}_{lesion.number}"
        image = root / "jpeg" / uid(lesion.case, "series") / f"1-{number:03}.jpg"
        outline = root / "jpeg" / uid(part, "series")
        for folder in (image.parent, outline):
            folder.mkdir(parents=True, exist_ok=True)
        if not any(image.parent.iterdir()):
            save_jpeg(image, gray(number) >> 8)
        save_jpeg(outline / f"1-{number:03}.jpg", lesion.mask())
        save_jpeg(outline / f"2-{number:03}.jpg", gray(number, (40, 36)) >> 8)
    return root


def save_jpeg(file, pixels):
    """Save 8 bit pixels with the losses of JPEG."""
    Image.fromarray(pixels.astype(np.uint8)).save(file, quality=95)
