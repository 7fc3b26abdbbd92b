"""From an audit's verdict to the method, and from there to the case."""

import shutil

import pytest
from made_audits import make_audit
from test_journeys import settle, visit

from mammo_core.attribution import METHODS

pytestmark = pytest.mark.browser


@pytest.fixture
def audit(server, monkeypatch):
    """An audit in the server's home for as long as the test lasts."""
    monkeypatch.setenv("MAMMO_HOME", str(server.home))
    yield make_audit(server.home, dataset="sample_data")
    shutil.rmtree(server.home / "models" / "demo" / "audit")


def point(page, title):
    """A method's point in the scatter."""
    return page.locator(f'.st-key-audit_scatter .mark-symbol path[aria-label*="method: {title}"]')


def test_a_point_leads_to_its_methods_worst_case_with_its_map(audit, server, page):
    visit(page, f"{server.address}/audit")
    page.get_by_text(audit["shortcuts"]["verdict"]["words"]).first.wait_for()
    settle(page)
    believed = METHODS["grad_cam"].title
    page.get_by_text(f"Cases on which {believed} does worst").wait_for()

    other = METHODS["hires_cam"].title
    point(page, other).click()
    page.get_by_text(f"Cases on which {other} does worst").wait_for()
    settle(page)

    page.locator(".st-key-audit_worst_hires_cam .tile").first.click()
    page.wait_for_url("**/case?*method=hires_cam*")
    page.go_back()
    page.get_by_text(audit["shortcuts"]["verdict"]["words"]).first.wait_for()
