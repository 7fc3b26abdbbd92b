"""Synthetic mammograms with known lesions: drawn from a seed, rendered, written as DICOM.

The way of the data: `patient` draws who is examined and what is found, `render` draws one view of
it, `writer` makes a DICOM file of the view, `sample` writes a whole set. Nothing here stems from a
real person's image.
"""
