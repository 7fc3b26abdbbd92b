"""From bytes on a disk to gray values: headers, decoders, windows; the way in is `dicom`."""
