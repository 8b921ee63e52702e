"""A page holds nothing of the lab, runs nothing inline, asks nobody else, and is light."""

import hashlib
import re

import pytest

from serving.pages.templating import STATIC, static_files

SHELLS = ("/", "/cells", "/cells/A1", "/compare", "/models", "/jobs")
MOST_BYTES = 300_000


@pytest.mark.parametrize("path", SHELLS)
def test_a_page_runs_and_paints_nothing_inline(client, path):
    reply = client.get(path)
    assert reply.status_code == 200
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", reply.text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", reply.text))


@pytest.mark.parametrize("path", SHELLS)
def test_a_page_loads_nothing_from_elsewhere_and_all_it_names_is_there(client, path):
    page = client.get(path).text
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', page)
    assert loaded
    n_bytes = len(page)
    for address in loaded:
        reply = client.get(address)
        assert reply.status_code == 200
        assert reply.headers["cache-control"].startswith("public")
        n_bytes += len(reply.content)
    assert n_bytes < MOST_BYTES


def test_a_page_sets_no_cookie(client):
    assert all("set-cookie" not in client.get(path).headers for path in SHELLS)


def test_the_name_in_an_address_is_shown_as_text(client):
    page = client.get("/cells/<script>alert(1)<%2Fscript>").text
    assert "<script>alert" not in page
    asked = client.get("/compare", params={"cell": '"><img src=x onerror=alert(1)>'}).text
    assert "<img" not in asked


def test_static_files_are_only_those_of_the_pages(client):
    for name in ("../templating.py", "vendor/../../shells.py", "nothing.js", "SHA256SUMS", ""):
        assert client.get(f"/static/{name}").status_code in (404, 405)
    assert "page.css" in static_files()


def test_code_of_others_is_what_it_was_when_it_was_taken():
    """A changed byte in a vendored file is either an attack or an update nobody wrote down."""
    folder = STATIC / "vendor"
    sums = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {path.name for path in folder.iterdir()} - {"SHA256SUMS", "README.md"}
    assert set(sums) == files
    for name, sha256 in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256


def test_every_vendored_library_comes_with_its_licence():
    table = (STATIC / "vendor" / "README.md").read_text()
    for licence in ("htmx.LICENSE.txt", "uPlot.LICENSE.txt"):
        assert licence in table
        assert "SOFTWARE" in (STATIC / "vendor" / licence).read_text()


def test_the_form_is_filled_with_the_recipe_of_the_founding_paper(client):
    page = client.get("/").text
    assert 'value="Cu3N"' in page
    assert 'value="SBR"' in page
    assert re.search(r'name="thickness_nm"[^>]*value="1000"', page)
    assert re.search(r'<option value="TEGDME"|label="[^"]*TEGDME', page)


def test_the_form_of_a_new_cell_is_empty(client):
    """A recipe that nobody stated must not be kept because a form was filled in."""
    page = client.get("/cells").text
    assert re.search(r'name="phase_name"[^>]*value=""', page)
    assert 'value="unknown" checked' in page
