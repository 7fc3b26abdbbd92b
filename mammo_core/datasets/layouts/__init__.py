"""Every layout of a collection that `index` understands, in the order in which it is tried."""

from mammo_core.datasets.layouts.cbis_ddsm import CbisDdsm
from mammo_core.datasets.layouts.class_folders import ClassFolders
from mammo_core.datasets.layouts.cmmd import Cmmd
from mammo_core.datasets.layouts.dicom_folder import DicomFolder
from mammo_core.datasets.layouts.dmid import Dmid
from mammo_core.datasets.layouts.embed import Embed
from mammo_core.datasets.layouts.inbreast import Inbreast
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.layouts.mini_mias import MiniMias
from mammo_core.datasets.layouts.rsna_2023 import Rsna2023
from mammo_core.datasets.layouts.sample import Sample
from mammo_core.datasets.layouts.table import Table
from mammo_core.datasets.layouts.vindr_mammo import VindrMammo

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Sample(),
        MiniMias(),
        CbisDdsm(),
        Inbreast(),
        Dmid(),
        VindrMammo(),
        Rsna2023(),
        Cmmd(),
        Embed(),
        Table(),
        DicomFolder(),
        ClassFolders(),
    )
}
"""Archives first, then the plain layouts, which would take an archive for their own."""

__all__ = ["LAYOUTS", "Layout"]
