"""Settings as they stand in config.json, a fold and a table a source."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from common.pages.document import table
from common.pages.markup import Markup, element
from common.pages.run_data import mapping
from common.recipe import COMMAND_LINE


def settings_by_source(record: Mapping[str, Any], sources: Iterable[str], of: str = "") -> Iterator[Markup]:
    """A fold for each source that has settings; that of the command line is open.

    Args:
        record: by setting, its `value`, `source` and `why`.
        sources: in the order of the page.
        of: whose they are, for those who do not see the page, where it has several of them.
    """
    items = {key: mapping(item) for key, item in record.items()}
    for source in sources:
        rows = [(key, item.get("value"), item.get("why", "")) for key, item in items.items()
                if str(item.get("source")) == source]  # fmt: skip
        if rows:
            inside = table(("setting", "value", "why"), rows, f"{source} {of}".strip())
            yield element("details", element("summary", f"{source} ({len(rows)})"), inside, open=source == COMMAND_LINE)
