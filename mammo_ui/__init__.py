"""What knows Streamlit and serves several pages."""
