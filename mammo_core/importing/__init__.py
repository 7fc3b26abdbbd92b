"""Taking in models from elsewhere: a foreign file is read by its words, checked, then rebuilt.

The way in: file -> configuration and table of arrays (`archive`, `hdf5`) -> Keras's own layers
only (`cleaning`) -> declared sizes against stored ones (`sizes`) -> a network whose weights are
not allocated yet (`foreign_network`) -> the real one -> a folder of models/ (`run`).
"""
