"""Data Docs: one page per result, failures first, nothing fetched, nothing built twice."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from broken_flows import changed, copied_project
from flow_rows import made_flows

from dnsanom.quality import docs
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.exports import Export
from dnsanom.quality.validate import validate, validate_many
from dnsanom.settings import Settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Context, Path]:
    """The pages of a sound export, one with a bad row, one of a quiet spell and one without DNS."""
    settings = copied_project(tmp_path_factory.mktemp("docs") / "project")
    context = open_context(settings)
    flows = made_flows(60)
    for key, table, rows in (
        ("day/good", flows, None),
        ("day/<b>bad", changed(flows, 7, src_ip="<script>alert(1)</script>", duration=-2.5), None),
        ("day/quiet", flows.slice(0, 0), None),
        ("day/no-dns", flows.slice(0, 0), 60),
    ):
        validate(table, key, settings, context, rows)
    return settings, context, docs.build(settings, context)


def _page(index: Path, name: str) -> str:
    (found,) = index.parent.glob(f"validations/flows/*{name}*/*/*.html")
    return found.read_text()


def test_the_index_lists_every_export_and_failures_twice(site: tuple[Settings, Context, Path]) -> None:
    settings, _, index = site
    assert index == docs.index(settings)
    text = index.read_text()
    names = re.findall(r'<a href="validations/[^"]*">(day/[^<]+)<', text)
    bad = "day/&lt;b&gt;bad"
    assert sorted(names) == [bad, bad, "day/good", "day/no-dns", "day/no-dns", "day/quiet"]
    assert text.index(bad) < text.index("All exports") < text.index("day/good")
    assert "Enough of the flows are DNS" in text


def test_every_link_leads_somewhere(site: tuple[Settings, Context, Path]) -> None:
    pages = list(site[2].parent.rglob("*.html"))
    assert len(pages) == 6
    for page in pages:
        links = re.findall(r'href="([^"]+)"', page.read_text())
        local = [link for link in links if not link.startswith("data:")]
        assert local or page.name == "index.html"
        assert [link for link in local if not (page.parent / link).resolve().is_file()] == []


def test_no_page_fetches_anything(site: tuple[Settings, Context, Path]) -> None:
    for page in site[2].parent.rglob("*.html"):
        text = page.read_text()
        assert "default-src 'none'" in text
        assert re.findall(r"https?://|<script", text) == []


def test_a_failing_page_shows_rows_and_values(site: tuple[Settings, Context, Path]) -> None:
    text = _page(site[2], "bad")
    assert "malformed_address &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "duration -2.5" in text
    assert text.count('class="mark bad"') == 1 + 2
    assert text.count('class="mark good"') == 9
    assert "1 of 60 rows fail" in text


def test_a_sound_page_says_so(site: tuple[Settings, Context, Path]) -> None:
    text = _page(site[2], "good")
    assert 'class="mark bad"' not in text
    assert "0 of 60 rows fail" in text


def test_only_new_results_are_rendered(site: tuple[Settings, Context, Path]) -> None:
    settings, context, index = site
    old = {page: page.stat().st_mtime_ns for page in index.parent.glob("validations/**/*.html")}
    validate(made_flows(60, seed=8), "later", settings, context)
    docs.build(settings, context)
    assert {page: page.stat().st_mtime_ns for page in old} == old
    assert ">later</a>" in index.read_text()
    assert _page(index, "later")


def test_exports_of_one_run_are_found_by_their_keys(site: tuple[Settings, Context, Path]) -> None:
    settings, context, _ = site
    exports = [Export(f"together/{n}", changed(made_flows(60, seed=n), 5, tos=-n), 60) for n in range(3)]
    validate_many(exports, settings, context)
    index = docs.build(settings, context)
    newest = index.read_text().partition("All exports")[2]
    links = dict(re.findall(r'<a href="(validations/[^"]*)">(together/\d)</a>', newest))
    assert list(links.values()) == ["together/2"], "one page for all three"
    assert newest.count(">together/") == 3
    text = (index.parent / next(iter(links))).read_text()
    assert text.index("together/0 and 2 more") < text.index("<h2>Exports</h2>")
    failing = re.findall(r'<td>(together/\d)</td><td class="num">(\d+)</td><td><code>([^<]*)</code>', text)
    assert failing == [("together/1", "5", "tos -1"), ("together/2", "5", "tos -2")]
    listed = re.findall(r'class="mark (\w+)".*?</td><td>(together/\d)</td>', text)
    assert [mark for mark, _ in listed[-3:]] == ["good", "bad", "bad"]


def test_only_the_newest_results_are_kept_with_their_pages(tmp_path: Path) -> None:
    settings = copied_project(tmp_path / "project")
    context = open_context(settings)
    for n in range(4):
        validate(made_flows(30), f"key {n}", settings, context)
    docs.build(settings, context)
    quality = settings.params.quality.model_copy(update={"keep_results": 2})
    params = settings.params.model_copy(update={"quality": quality})
    index = docs.build(settings.model_copy(update={"params": params}), context)
    assert re.findall(r'">(key \d)</a>', index.read_text()) == ["key 3", "key 2"]
    validations = settings.root / "expectations/uncommitted/validations"
    for folder, ending in ((validations, "json"), (index.parent / "validations", "html")):
        assert len(list(folder.rglob(f"*.{ending}"))) == 2
        assert len([path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())]) == 0


def test_a_result_that_was_cut_short_is_listed_as_such(tmp_path: Path) -> None:
    settings = copied_project(tmp_path / "project")
    context = open_context(settings)
    validate(made_flows(30), "whole", settings, context)
    validate(made_flows(30), "cut", settings, context)
    (cut,) = settings.root.glob("expectations/uncommitted/validations/flows/cut-*/*/*.json")
    cut.write_bytes(cut.read_bytes()[:500])
    text = docs.build(settings, context).read_text()
    assert "The result was cut short" in text
    assert len(re.findall(r'href="validations/flows/whole-', text)) == 1


def test_processes_share_one_store(tmp_path: Path) -> None:
    settings = copied_project(tmp_path / "project")
    keys = ["same", "same", "key 1", "key 2"]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        assert list(pool.map(_validate, [settings] * 2, [keys[::2], keys[1::2]])) == [2, 2]
    text = docs.build(settings).read_text()
    assert len(re.findall(r'">same</a>', text)) == 2
    assert len(re.findall(r'">key [12]</a>', text)) == 2
    committed = (Path(__file__).parents[2] / "expectations" / "great_expectations.yml").read_text()
    assert (settings.root / "expectations" / "great_expectations.yml").read_text() == committed


def _validate(settings: Settings, keys: list[str]) -> int:
    context = open_context(settings)
    flows: pa.Table = made_flows(40)
    return sum(validate(flows, key, settings, context).ok for key in keys)
