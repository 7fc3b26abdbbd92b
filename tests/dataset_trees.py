"""Small collections of images in the structure of each dataset layout."""

import csv
import json

from layout_trees.cbis_ddsm import write_cbis_ddsm
from layout_trees.cmmd import write_cmmd
from layout_trees.dicom_folder import write_dicom_folder
from layout_trees.dmid import write_dmid
from layout_trees.embed import write_embed
from layout_trees.inbreast import write_inbreast
from layout_trees.rsna_2023 import write_rsna_2023
from layout_trees.vindr_mammo import write_vindr_mammo
from made_files import write_dicom, write_picture


def write_class_folders(root, counts, suffix=".png"):
    """`<class>/<class><n>.png` for each class."""
    seeds = iter(range(10_000))
    for folder, count in counts.items():
        for n in range(count):
            write_picture(root / folder / f"{folder.replace('/', '-')}{n}{suffix}", next(seeds))
    return root


def write_table(root, rows, name="labels.csv", separator=","):
    """A CSV of dictionaries; draws a picture for each `path` that isn't there."""
    root.mkdir(parents=True, exist_ok=True)
    for n, row in enumerate(rows):
        path = row.get("path") or row.get("File Name")
        if path and not (root / path).exists() and "absent" not in path:
            write_picture(root / path, n)
    with (root / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return root


MIAS_INFO = """This file lists the films in the MIAS database and provides
appropriate details as follows:
1st column: MIAS database reference number.
mdb001 G CIRC B 535 425 197
mdb002 G NORM
mdb003 D NORM
mdb004 D NORM
mdb005 F CIRC B 477 133 30
mdb005 F CIRC B 500 168 26
mdb006 F NORM
mdb059 F CIRC B
mdb144 F MISC B 233 994 29
mdb144 F MISC M 313 540 27
mdb216 D CALC M *NOTE 3*
mdb320 D NORM
"""


def write_mini_mias(root, suffix=".png", shape=(64, 64), absent=("mdb320",)):
    """A few films and an Info.txt with every oddity of the real one."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "Info.txt").write_text(MIAS_INFO)
    names = {line.split()[0] for line in MIAS_INFO.splitlines() if line.startswith("mdb")}
    for name in sorted(names - set(absent)):
        write_picture(root / f"{name}{suffix}", int(name[3:]), shape)
    return root


SAMPLE_COLUMNS = (
    *("image_id", "patient_id", "exam_id", "laterality", "view", "label", "split", "path"),
    *("mask_path", "lesion", "density", "age", "manufacturer", "birads", "tag"),
    *("pixel_spacing_mm", "rows", "columns"),
)


def write_sample(root, patients=4, split=""):
    """The generator's structure: two right views a patient, every second patient malignant."""
    rows = []
    for number in range(patients):
        for view in ("CC", "MLO"):
            rows.append(_write_sample_image(root, number, view, split))
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, SAMPLE_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    (root / "sample.json").write_text(json.dumps({"synthetic": True, "seed": 1}))
    return root


def _write_sample_image(root, number, view, split):
    patient, name = f"S{number:05d}", f"S{number:05d}_R{view}"
    write_dicom(
        root / "dicom" / patient / f"{name}.dcm", PatientAge="061Y", InstanceNumber=number + 1
    )
    ill = number % 2 == 1
    if ill:
        write_picture(root / "masks" / f"{name}.png", number)
    return {
        "image_id": name,
        "patient_id": patient,
        "exam_id": f"{patient}_E1",
        "laterality": "R",
        "view": view,
        "label": "malignant" if ill else "normal",
        "split": split,
        "path": f"dicom/{patient}/{name}.dcm",
        "mask_path": f"masks/{name}.png" if ill else "",
        "lesion": "spiculated_mass" if ill else "",
        "density": "abcd"[number % 4],
        "age": 61,
        "manufacturer": "Synthray Imaging",
        "tag": int(ill),
        "pixel_spacing_mm": 0.35,
    }


TREES = {
    "sample": write_sample,
    "mini_mias": write_mini_mias,
    "cbis_ddsm": write_cbis_ddsm,
    "inbreast": write_inbreast,
    "dmid": write_dmid,
    "vindr_mammo": write_vindr_mammo,
    "rsna_2023": write_rsna_2023,
    "cmmd": write_cmmd,
    "embed": write_embed,
    "table": lambda root: write_table(
        root, [{"path": f"{n}.png", "label": "benign" if n % 2 else "normal"} for n in range(6)]
    ),
    "dicom_folder": write_dicom_folder,
    "class_folders": lambda root: write_class_folders(root, {"benign": 3, "malignant": 3}),
}
"""For each layout a function that writes one of its kind."""
