"""Pages run as scripts without a browser, and what stands on them."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).resolve().parents[1] / "mammo_ui" / "main.py"


def open_app(page="overview", *, state=None, **query):
    """The page as a pasted address opens it, `state` already in its session."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    at.query_params.update(query)
    for key, value in (state or {}).items():
        at.session_state[key] = value
    if page != "overview":
        at.switch_page(f"../pages/{page}.py")
    at.run()
    assert not at.exception
    return at


def words(at):
    parts = [*at.markdown, *at.caption, *at.info, *at.error, *at.warning, *at.title]
    return "\n".join(str(part.value) for part in parts)


def cards(at):
    return {card.label: card.value for card in at.metric}


def asked(at, key):
    """A parameter of the address, which AppTest gives as text or as a list of texts."""
    value = at.query_params[key]
    return value if isinstance(value, str) else value[-1]
