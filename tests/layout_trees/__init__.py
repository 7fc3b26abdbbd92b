"""Small collections in the published structure of each archive."""
