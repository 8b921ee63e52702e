"""Whoever opens an address in a browser reads words; scripts get the JSON they parse."""

import re

import pytest

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_foreign_name_is_told_what_to_do(client):
    reply = client.get("/", headers={**BROWSER, "host": "evil.example"})
    assert reply.status_code == 403
    assert reply.headers["content-type"].startswith("text/html")
    assert "SEICAST_HOSTS" in reply.text
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "stylesheet" not in reply.text


def test_an_address_nobody_has_leads_to_those_there_are(client):
    reply = client.get("/nowhere", headers=BROWSER)
    assert reply.status_code == 404
    assert 'href="/cells"' in reply.text


def test_a_problem_looks_like_the_other_pages(client):
    """It may load what they load, and nothing else."""
    reply, page = client.get("/nowhere", headers=BROWSER), client.get("/", headers=BROWSER)
    (link,) = re.findall(r'<link rel="stylesheet" href="(/static/page[^"]+)">', reply.text)
    assert link in page.text
    assert client.get(link).status_code == 200
    policy = "content-security-policy"
    assert reply.headers[policy] == page.headers[policy]


@pytest.mark.parametrize("path", ["/v1/models/nobody", "/pages/cells/nobody/facts", "/nowhere"])
def test_scripts_get_json(client, path):
    reply = client.get(path, headers={"accept": "*/*"})
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["title"]


def test_fragments_get_json_whatever_the_browser_accepts(client):
    reply = client.get("/pages/cells", headers=BROWSER)
    assert reply.json()["type"] == "urn:seicast:no-store"


def test_pages_pass_through_untouched(client):
    assert client.get("/", headers=BROWSER).text == client.get("/").text
