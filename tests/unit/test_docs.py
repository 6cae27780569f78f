"""What the documents say of the repository is so."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
SKIPPED: Final = {".venv", "dist", "node_modules", ".local", "jars"}
OPERATIONS: Final = REPOSITORY / "docs" / "operations"
WHOLE: Final = [page for page in OPERATIONS.glob("*.md") if not page.name.endswith(".zh.md")]
PARTS: Final = (r"^#+ ", r"^\|", r"^\d+\. ", r"^```")
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING: Final = re.compile(r"^#+ (.*?)(?: \{ *#([\w-]+) *\})?$", re.MULTILINE)
RULE: Final = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)
PLACE: Final = re.compile(
    r"^\| `([a-z-]+)` \| \[[^]]*\]\(([^)]+)\) \| \[[^]]*\]\(([^)]+)\) \|$", re.M
)


def documents() -> Iterator[Path]:
    for path in sorted(REPOSITORY.rglob("*.md")):
        if not SKIPPED & set(path.relative_to(REPOSITORY).parts):
            yield path


@cache
def anchors(page: Path) -> frozenset[str]:
    """Where a link may lead to within a page: its headings, as GitHub writes them."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    return frozenset(
        given or re.sub(r"[^\w -]", "", re.sub(r"\]\([^)]*\)", "", text).lower()).replace(" ", "-")
        for text, given in headings
    )


@pytest.mark.parametrize(
    "document", list(documents()), ids=lambda path: str(path.relative_to(REPOSITORY))
)
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link[0]]
    assert [path for path, _ in links if not (document.parent / path).exists()] == []
    places = [
        (path, place, document.parent / path if path else document)
        for path, place in links
        if place and (not path or path.endswith(".md"))
    ]
    assert [(path, place) for path, place, page in places if place not in anchors(page)] == []


def test_every_rule_has_a_place_and_a_test_which_cite_it() -> None:
    page = REPOSITORY / "docs" / "rules.md"
    stated, lives = page.read_text().split("## Where each rule lives")
    rules, places = RULE.findall(stated), PLACE.findall(lives)
    assert len(rules) == 20
    assert [name for name, _, _ in places] == rules
    for name, *files in places:
        for file in files:
            assert name in (page.parent / file).read_text(), f"{file} does not cite {name}"


def test_nothing_cites_a_rule_by_a_number() -> None:
    cited = re.compile(r"§ ?[0-9]|\b(?:Rule|Row|rule|row) [0-9]+\b")
    sources = [*documents(), *(REPOSITORY / "services").rglob("*.py"),
               *(REPOSITORY / "libs").rglob("*.py")]  # fmt: skip
    assert [str(path) for path in sources if cited.search(path.read_text())] == []


def test_the_glossary_fits_a_page_and_has_each_word_once() -> None:
    lines = (REPOSITORY / "docs" / "glossary.md").read_text().splitlines()
    words = [line.split("|")[1].strip() for line in lines if line.startswith("| ")][1:]
    assert len(lines) <= 60
    assert len(words) == len(set(words))


@pytest.mark.parametrize("page", sorted(WHOLE), ids=lambda page: str(page.stem))
def test_a_page_for_operators_is_whole_in_both_languages(page: Path) -> None:
    """As many headings, rows of tables, steps and commands, and a way from each to the other."""
    other = page.with_suffix(".zh.md")
    shapes = [
        [len(re.findall(part, text, re.MULTILINE)) for part in PARTS]
        for text in (page.read_text(), other.read_text())
    ]
    assert shapes[0] == shapes[1]
    assert f"]({other.name})" in page.read_text()
    assert f"]({page.name})" in other.read_text()


def test_what_a_payment_costs_stands_once() -> None:
    """Its bytes on the page of the capacity alone; of CPU that page knows what the README has."""
    bench = (REPOSITORY / "README.md").read_text()
    services, database = (
        float(re.findall(rf"^\| {row} \| ([\d.]+) \|", bench, re.MULTILINE)[0])
        for row in ("CPU ms a complete payment, programs", "CPU ms, PostgreSQL")
    )
    for language in ("", ".zh"):
        capacity = (OPERATIONS / f"capacity{language}.md").read_text()
        assert f"{services:.1f} ms" in capacity
        assert f"{database:.1f} ms" in capacity
        assert "kB" not in (OPERATIONS / f"data-retention{language}.md").read_text()
