"""What a model sees in images, as vectors: how alike they are, and a map of them."""
