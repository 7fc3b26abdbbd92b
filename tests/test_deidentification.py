"""A clean copy tells no one who the patient is, and is the same image all the same."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pytest
from identified_file import (
    RECORD_NUMBER,
    SHIPPED,
    TRACES,
    UID,
    WORD,
    read_shipped,
    write_identified,
    write_plain,
)
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEGLSLossless, RLELossless

from mammo_core.breast import find_breast
from mammo_core.deidentification import deidentify_folder, pixels
from mammo_core.deidentification.folder import COPY, LEFT_PIXELS, NOT_CLEAR, RECORD, SMALL_JOB
from mammo_core.deidentification.header import clean_header, find_words
from mammo_core.deidentification.image import NO_DICOM, NO_MAMMOGRAM, NO_UID, clean_image
from mammo_core.deidentification.method import NEAR
from mammo_core.deidentification.pixels import blank_outside
from mammo_core.deidentification.profile import action_for
from mammo_core.dicom import read_mammogram, read_stored
from mammo_core.errors import Cancelled, MammoError, UnreadableFile
from mammo_core.privacy import hide_id, hide_uid

pytestmark = [
    pytest.mark.usefixtures("home"),
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
]


def copy_of(file, out, **options):
    """The one clean copy of a file."""
    done = deidentify_folder(file, out, **options)
    assert [*done.refusals] == []
    (copy,) = out.rglob("*.dcm")
    return copy


def reasons(done):
    return {refusal.file: refusal.reason for refusal in done.refusals}


# Nothing identifying survives


def test_the_source_of_these_tests_is_full_of_traces(tmp_path):
    content = write_identified(tmp_path / "in.dcm").read_bytes()
    assert content.count(b"CANARY") > 3000
    assert all(content.count(trace) for trace in TRACES)
    assert WORD not in find_words(dcmread(tmp_path / "in.dcm"))


def test_no_trace_is_left_in_the_bytes_of_a_copy(tmp_path):
    copy = copy_of(write_identified(tmp_path / "in.dcm"), tmp_path / "out")
    content = copy.read_bytes()
    assert [trace for trace in TRACES if trace in content] == []
    assert content[:128] == bytes(128)


def test_no_trace_is_left_in_names_of_files_nor_in_the_record(tmp_path):
    deidentify_folder(write_identified(tmp_path / "CANARY_DOE.dcm").parent, tmp_path.parent / "o")
    shutil.move(tmp_path.parent / "o", tmp_path / "out")
    said = "".join(path.as_posix() for path in (tmp_path / "out").rglob("*"))
    said = said.replace(str(tmp_path), "") + (tmp_path / "out" / RECORD).read_text()
    assert not any(trace.decode() in said for trace in TRACES)


def test_private_overlay_and_curve_elements_are_gone_at_every_level(tmp_path):
    def walk(ds):
        for element in ds:
            yield element
            if element.VR == "SQ":
                for item in element.value:
                    yield from walk(item)

    copy = dcmread(copy_of(write_identified(tmp_path / "in.dcm"), tmp_path / "out"))
    groups = {element.tag.group for element in walk(copy)}
    assert not any(group % 2 or group & 0xFF00 in (0x5000, 0x6000) for group in groups)


def test_what_a_compressed_stream_says_about_itself_is_left_behind(tmp_path):
    ds = read_shipped()
    ds.compress(JPEGLSLossless, generate_instance_uid=False)
    stream = next(generate_frames(ds.PixelData, number_of_frames=1))
    comment = b"\xff\xfe" + (2 + 12).to_bytes(2, "big") + b"CANARY words"
    ds.PixelData = encapsulate([stream[:2] + comment + stream[2:]])
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    assert b"CANARY" in (tmp_path / "in.dcm").read_bytes()
    assert b"CANARY" not in copy_of(tmp_path / "in.dcm", tmp_path / "out").read_bytes()


def test_uids_are_replaced_alike_wherever_they_stand(tmp_path):
    reference = Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    reference.ReferencedSOPInstanceUID = f"{UID}.1"
    tags = {"SOPInstanceUID": f"{UID}.1", "SourceImageSequence": [reference]}
    copy = dcmread(copy_of(write_plain(tmp_path / "in.dcm", **tags), tmp_path / "out"))
    assert copy.SOPInstanceUID == hide_uid(f"{UID}.1")
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID
    (kept,) = copy.SourceImageSequence
    assert kept.ReferencedSOPInstanceUID == copy.SOPInstanceUID
    assert kept.ReferencedSOPClassUID == reference.ReferencedSOPClassUID


def test_images_of_one_patient_and_exam_stay_together(tmp_path):
    for n in (0, 1):
        write_plain(tmp_path / "in" / str(n), n, PatientID="17", StudyInstanceUID=f"{UID}.2")
    deidentify_folder(tmp_path / "in", tmp_path / "out")
    copies = [dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    assert len(copies) == 2
    assert {copy.PatientID for copy in copies} == {hide_id("17")}
    assert {copy.StudyInstanceUID for copy in copies} == {hide_uid(f"{UID}.2")}
    assert len({path.parent for path in (tmp_path / "out").rglob("*.dcm")}) == 1


# By the profile

EXPECTED = {
    "PatientName": "Z", "PatientBirthDate": "Z", "AccessionNumber": "Z", "StudyID": "Z",
    "StudyDate": "Z", "StudyTime": "Z", "ReferringPhysicianName": "Z",
    "PatientAddress": "X", "PatientTelephoneNumbers": "X", "OtherPatientIDsSequence": "X",
    "PatientComments": "X", "PatientMotherBirthName": "X", "EthnicGroup": "X", "Occupation": "X",
    "AdditionalPatientHistory": "X", "StudyDescription": "X", "InstitutionAddress": "X",
    "InstitutionalDepartmentName": "X", "ImageComments": "X", "RequestAttributesSequence": "X",
    "PerformedProcedureStepDescription": "X", "RequestingPhysician": "X",
    "CurrentPatientLocation": "X", "MedicalAlerts": "X", "Allergies": "X", "SmokingStatus": "X",
    "PregnancyStatus": "X", "PerformedProcedureStepStartDate": "X",
    "OriginalAttributesSequence": "X", "DigitalSignaturesSequence": "X", "IconImageSequence": "X",
    "PatientSize": "X", "PatientWeight": "X", "GantryID": "X", "PlateID": "X",
    "DerivationDescription": "X", "TimezoneOffsetFromUTC": "X",
    "SOPInstanceUID": "U", "StudyInstanceUID": "U", "SeriesInstanceUID": "U",
    "FrameOfReferenceUID": "U", "IrradiationEventUID": "U", "DeviceUID": "U",
    "VerifyingObserverName": "D", "PersonName": "D", "DateTime": "D",
}  # fmt: skip
"""Table E.1-1 of PS3.15 for attributes that mammograms carry, written down by hand."""


@pytest.mark.parametrize("keyword", EXPECTED)
def test_the_table_is_the_standards(keyword):
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert action_for(tag, keyword, dictionary_VR(tag)).value == EXPECTED[keyword]


def test_what_was_done_is_recorded_in_codes_of_the_standard(tmp_path):
    copy = dcmread(copy_of(write_plain(tmp_path / "in.dcm"), tmp_path / "out"))
    codes = {code.CodeValue for code in copy.DeidentificationMethodCodeSequence}
    assert codes == {"113100", "113101", "113108"}
    assert {code.CodingSchemeDesignator for code in copy.DeidentificationMethodCodeSequence} == {
        "DCM"
    }
    assert (copy.PatientIdentityRemoved, copy.BurnedInAnnotation) == ("YES", "NO")
    assert copy.LongitudinalTemporalInformationModified == "REMOVED"
    assert all(len(words) <= 64 for words in copy.DeidentificationMethod)


@pytest.mark.parametrize(("told", "kept"), [("061Y", "061Y"), ("097Y", "090Y"), ("", None)])
def test_sex_and_a_coarse_age_stay(told, kept):
    ds = Dataset()
    ds.PatientSex, ds.PatientAge = "F", told
    clean = clean_header(ds)
    assert (clean.PatientSex, clean.get("PatientAge")) == ("F", kept)


def test_sex_and_age_of_others_in_sequences_go():
    ds, other = Dataset(), Dataset()
    other.PatientSex, other.PatientAge, other.LossyImageCompression = "M", "099Y", "00"
    ds.AnatomicRegionSequence = [other]
    (kept,) = clean_header(ds).AnatomicRegionSequence
    assert [element.keyword for element in kept] == ["LossyImageCompression"]


def test_age_follows_from_dates_that_do_not_stay():
    ds = Dataset()
    ds.PatientBirthDate, ds.StudyDate = "19600302", "20200301"
    clean = clean_header(ds)
    assert clean.PatientAge == "059Y"
    assert (clean.PatientBirthDate, clean.StudyDate) == ("", "")


def test_a_name_is_found_in_texts_that_would_stay():
    ds = Dataset()
    ds.PatientName, ds.PatientID = "Doe-Miller^Jane", "4711"
    ds.Manufacturer, ds.ManufacturerModelName = "ACME", "Mammo of miller"
    ds.AcquisitionNumber, ds.InstanceNumber = "4711", "2"
    clean = clean_header(ds)
    assert (clean.Manufacturer, clean.InstanceNumber) == ("ACME", 2)
    assert "ManufacturerModelName" not in clean
    assert "AcquisitionNumber" not in clean


def test_sequences_without_end_are_refused():
    ds = inner = Dataset()
    for _ in range(40):
        inner.AnatomicRegionSequence = [Dataset()]
        inner = inner.AnatomicRegionSequence[0]
    with pytest.raises(ValueError, match="too deep"):
        clean_header(ds)


# The pixels


def blanked_and_kept(source, copy):
    """(where pixels changed, the breast of the source)."""
    before, after = read_stored(source)[0], read_stored(copy)[0]
    return before != after, find_breast(read_mammogram(source).pixels).mask


@pytest.mark.parametrize("number", [0, 28, 44])
def test_the_breast_stays_as_it_is_and_text_beside_it_goes(tmp_path, number):
    ds = read_shipped(number)
    values = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy()
    breast = find_breast(read_mammogram(SHIPPED[number]).pixels)
    columns = slice(-60, -10) if breast.chest_wall == "left" else slice(10, 60)
    values[10:40, columns] = np.where(np.indices((30, 50)).sum(0) % 7 < 3, 0, 4095)
    file = write_plain(tmp_path / "in.dcm", number, PixelData=values.tobytes())
    copy = copy_of(file, tmp_path / "out")
    changed, mask = blanked_and_kept(file, copy)
    assert not (changed & mask).any()
    assert len(np.unique(read_stored(copy)[0][10:40, columns])) == 1


def write_beside(path, distance, rise, number=0):
    """A file with a bar of this brightness at a distance (share of the longer side) from the skin.

    Gives (the file, where the bar is).
    """
    ds = read_shipped(number)
    values = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy()
    mask = find_breast(read_mammogram(SHIPPED[number]).pixels).mask
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) / max(mask.shape)
    bar = (away > distance) & (away < distance + 0.004)
    row = np.flatnonzero(bar.any(axis=1)).mean().astype(int)
    bar[: row - 20] = bar[row + 20 :] = False
    air = np.median(values[away > 0.05]).astype(int)
    values[bar] = air + round(rise * (int(values.max()) - air))
    assert bar.any()
    return write_plain(path, number, PixelData=values.tobytes()), bar


def codes_of(copy):
    return {code.CodeValue for code in copy.DeidentificationMethodCodeSequence}


@pytest.mark.parametrize("distance", [0.014, 0.016, 0.03])
def test_writing_near_the_skin_goes_as_the_one_far_away(tmp_path, distance):
    file, bar = write_beside(tmp_path / "in.dcm", distance, 0.8)
    copy = copy_of(file, tmp_path / "out")
    changed, mask = blanked_and_kept(file, copy)
    assert changed[bar & ~mask].all()
    assert not (changed & mask).any()
    assert dcmread(copy).BurnedInAnnotation == "NO"


def test_the_faintest_writing_goes_beyond_the_margin(tmp_path):
    file, bar = write_beside(tmp_path / "in.dcm", 0.05, 0.02)
    copy = copy_of(file, tmp_path / "out")
    assert blanked_and_kept(file, copy)[0][bar].all()


def test_no_clean_pixels_are_claimed_where_something_bright_stays_at_the_skin(tmp_path):
    file, _ = write_beside(tmp_path / "in.dcm", 0.05, 0.0)
    ds = dcmread(file)
    values = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns)
    breast = find_breast(read_mammogram(file).pixels)
    distance = cv2.distanceTransform((~breast.mask).astype(np.uint8), cv2.DIST_L2, 5)
    image = read_mammogram(file).pixels.copy()
    row = (breast.box[0] + breast.box[1]) // 2
    near = distance < 0.018 * max(values.shape)
    image[row : row + 9] = np.where(near[row : row + 9], 0.6, image[row : row + 9])
    assert blank_outside(values.astype(np.int32), read_mammogram(file).pixels, breast).is_clear
    assert not blank_outside(values.astype(np.int32), image, breast).is_clear


def test_a_copy_that_is_not_clear_claims_nothing_and_is_named_at_each_run(tmp_path, monkeypatch):
    blank = pixels.blank_outside

    def leave_something(*arguments):
        return replace(blank(*arguments), is_clear=False)

    monkeypatch.setattr(pixels, "blank_outside", leave_something)
    file = write_plain(tmp_path / "in.dcm", BurnedInAnnotation="NO")
    for _ in range(2):
        done = deidentify_folder(file, tmp_path / "out")
        (path,) = (tmp_path / "out").rglob("*.dcm")
        assert path.name in done.not_promised[0]
        assert NOT_CLEAR in done.not_promised[0]
    copy = dcmread(path)
    assert "BurnedInAnnotation" not in copy
    assert "113101" not in codes_of(copy)
    assert NEAR in copy.DeidentificationMethod


def test_blanked_pixels_are_air(tmp_path):
    copy = copy_of(write_plain(tmp_path / "in.dcm"), tmp_path / "out")
    mammogram = read_mammogram(copy)
    corner = (
        mammogram.pixels[:40, -40:] if mammogram.laterality == "L" else mammogram.pixels[:40, :40]
    )
    assert corner.max() < 0.05


def test_pixels_can_be_left_which_is_said(tmp_path):
    file = write_plain(tmp_path / "in.dcm", BurnedInAnnotation="YES")
    done = deidentify_folder(file, tmp_path / "out", leave_pixels=True)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    copy = dcmread(path)
    assert not blanked_and_kept(file, path)[0].any()
    assert copy.BurnedInAnnotation == "YES"
    codes = {code.CodeValue for code in copy.DeidentificationMethodCodeSequence}
    assert "113101" not in codes
    assert done.not_promised[0] == LEFT_PIXELS


def test_signed_values_keep_their_numbers(tmp_path):
    ds = read_shipped()
    values = np.frombuffer(ds.PixelData, "<u2").astype(np.int16).reshape(ds.Rows, ds.Columns) - 900
    tags = {"PixelRepresentation": 1, "PixelData": values.tobytes(), "RescaleIntercept": "900"}
    file = write_plain(tmp_path / "in.dcm", **tags)
    copy = copy_of(file, tmp_path / "out")
    changed, mask = blanked_and_kept(file, copy)
    assert dcmread(copy).file_meta.TransferSyntaxUID == RLELossless
    assert not (changed & mask).any()


def test_a_lossy_past_is_not_forgotten(tmp_path):
    tags = {"LossyImageCompression": "01", "LossyImageCompressionRatio": "10"}
    file = write_plain(tmp_path / "in.dcm", LossyImageCompressionMethod="ISO_10918_1", **tags)
    copy = dcmread(copy_of(file, tmp_path / "out"))
    assert (copy.LossyImageCompression, copy.LossyImageCompressionRatio) == ("01", 10)
    assert copy.LossyImageCompressionMethod == "ISO_10918_1"


# It fails closed


def test_what_cannot_be_cleaned_is_not_written_and_says_why(tmp_path):
    folder = tmp_path / "in"
    write_plain(folder / "good")
    noise = np.random.default_rng(0).integers(0, 4095, (640, 512), np.uint16).tobytes()
    write_plain(folder / "noise", 1, PixelData=noise)
    write_plain(folder / "ct", 2, Modality="CT")
    write_plain(folder / "copy")
    (folder / "cut").write_bytes((folder / "good").read_bytes()[:5000])
    (folder / "no_dicom").write_bytes(b"x" * 500)
    done = deidentify_folder(folder, tmp_path / "out")
    assert done.written == len(list((tmp_path / "out").rglob("*.dcm"))) == 1
    told = reasons(done)
    assert {*told} == {"noise", "ct", "cut", "no_dicom", "good"}
    assert (told["noise"], told["no_dicom"], told["good"]) == (NO_MAMMOGRAM, NO_DICOM, COPY)
    assert "CT" in told["ct"]


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID"])
def test_an_image_without_an_id_is_refused(tmp_path, keyword):
    ds = read_shipped()
    del ds[keyword]
    ds.save_as(tmp_path / "in.dcm")
    assert reasons(deidentify_folder(tmp_path / "in.dcm", tmp_path / "out")) == {"in.dcm": NO_UID}


def test_a_damaged_header_is_refused_without_its_words(tmp_path):
    file = write_plain(tmp_path / "in.dcm", PatientComments="x")
    content = file.read_bytes().replace(b"DS\x02\x0029", b"DS\x02\x00Q?")
    file.write_bytes(content)
    with pytest.raises(UnreadableFile) as fault:
        clean_image(file)
    assert "Q?" not in str(fault.value)


def test_the_source_is_only_read(tmp_path):
    file = write_identified(tmp_path / "in" / "a.dcm")
    before = hashlib.sha256(file.read_bytes()).digest()
    deidentify_folder(file, tmp_path / "out")
    assert hashlib.sha256(file.read_bytes()).digest() == before
    assert [path.name for path in file.parent.iterdir()] == ["a.dcm"]


@pytest.mark.parametrize("out", ["in", "in/clean", "."])
def test_copies_never_mix_with_originals(tmp_path, out):
    write_plain(tmp_path / "in" / "a.dcm")
    with pytest.raises(MammoError, match="apart"):
        deidentify_folder(tmp_path / "in", tmp_path / out)


def test_a_folder_of_other_things_is_not_written_to(tmp_path):
    write_plain(tmp_path / "in" / "a.dcm")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept")
    with pytest.raises(MammoError, match="new, empty"):
        deidentify_folder(tmp_path / "in", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_missing_source_is_told(tmp_path):
    with pytest.raises(UnreadableFile, match="found no"):
        deidentify_folder(tmp_path / "absent", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# It goes on


def test_a_stopped_run_goes_on_where_it_ended(tmp_path):
    for n in range(3):
        write_plain(tmp_path / "in" / str(n), n)

    def stop_after_two(done, total, doing):
        if done == 2:
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        deidentify_folder(tmp_path / "in", tmp_path / "out", progress=stop_after_two)
    done = deidentify_folder(tmp_path / "in", tmp_path / "out")
    assert (done.kept, done.written, len(done.refusals)) == (2, 1, 0)


def test_copies_of_two_kinds_do_not_share_a_folder(tmp_path):
    file = write_plain(tmp_path / "in.dcm")
    deidentify_folder(file, tmp_path / "out")
    with pytest.raises(MammoError, match="another way"):
        deidentify_folder(file, tmp_path / "out", leave_pixels=True)


@pytest.mark.slow
def test_processes_do_what_one_does(tmp_path):
    for n in range(SMALL_JOB + 2):
        write_plain(tmp_path / "in" / f"{n:02d}", n)
    (tmp_path / "in" / "99").write_bytes(b"x" * 500)
    told = []
    done = deidentify_folder(
        tmp_path / "in", tmp_path / "out", progress=lambda *now: told.append(now)
    )
    assert (done.written, reasons(done)) == (SMALL_JOB + 2, {"99": NO_DICOM})
    assert told[-1][:2] == (SMALL_JOB + 3, SMALL_JOB + 3)


# The standard's own check, and the command line


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="needs dicom3tools")
@pytest.mark.parametrize("number", [0, 4, 28])
def test_a_copy_is_as_valid_as_its_source(tmp_path, number):
    def errors(file):
        told = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
        return {line for line in told.stderr.splitlines() if line.startswith("Error")}

    file = write_plain(tmp_path / "in.dcm", number)
    assert errors(copy_of(file, tmp_path / "out")) <= errors(file)


def test_the_verb_answers_in_numbers_and_says_what_it_cannot_promise(tmp_path, capsys):
    from mammo_core.cli import main

    write_identified(tmp_path / "in" / "a.dcm")
    (tmp_path / "in" / "b.dcm").write_bytes(b"x" * 500)
    words = ["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--refused", str(tmp_path / "refused.csv")])
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert end.value.code == 0
    assert (answer["written"], answer["refused"], answer["reasons"]) == (1, 1, {NO_DICOM: 1})
    assert any("over the breast" in sentence for sentence in answer["not_promised"])
    assert (tmp_path / "refused.csv").read_text().splitlines()[1] == f"b.dcm,{NO_DICOM}"
    assert RECORD_NUMBER not in shown.out + shown.err


def test_where_nothing_is_copied_nothing_is_said_of_copies(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "film.png").write_bytes(b"x")
    done = deidentify_folder(tmp_path / "in", tmp_path / "out")
    assert (done.written, done.not_promised) == (0, [])
    assert "can be cleaned" in reasons(done)["film.png"]


def test_an_archive_is_cleaned_as_the_folder_in_it(tmp_path):
    file = write_identified(tmp_path / "in" / "one.dcm")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.write(file, "CANARY_DOE/one.dcm")
        archive.writestr("../evil.dcm", b"x")
    done = deidentify_folder(tmp_path / "in.zip", tmp_path / "out")
    plain = deidentify_folder(file.parent, tmp_path / "plain")
    assert (done.written, set(reasons(done))) == (1, {"../evil.dcm"})
    (copy,), (other,) = done.folder.rglob("*.dcm"), plain.folder.rglob("*.dcm")
    assert copy.read_bytes() == other.read_bytes()
    assert done.not_promised == plain.not_promised
