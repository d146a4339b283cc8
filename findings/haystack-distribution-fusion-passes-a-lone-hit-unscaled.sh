#!/usr/bin/env bash
# Guess: `distribution_based_rank_fusion` maps every list to 0…1 (mean ± 3 standard deviations); a list without spread
# counts 0 or 0.5.
# What happens: a list with one hit, or whose hits have equal scores, is not scaled at all: its RAW scores go into the
# joined ranking. A lone BM25 hit with score 3.1 stands above every dense hit whatever their scores, and a lone hit with
# .31 keeps .31 among values of another scale. A list of two hits always becomes 2/3 and 1/3, however close their scores were.
# Why it matters: one rare word of a question (a part number) gives BM25 exactly one hit; its document is then first by the
# scale of its score alone, and thresholds on the joined score (0…1) are broken by values above 1.
# haystack-ai 3.4.1, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('haystack-ai==3.4.1')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
from importlib.metadata import version

from haystack import Document
from haystack.components.joiners import DocumentJoiner

print("haystack-ai", version("haystack-ai"))
joiner = DocumentJoiner(join_mode="distribution_based_rank_fusion")


def joined(*lists):
    given = [[Document(id=name, content=name, score=score) for name, score in one.items()] for one in lists]
    found = {one.id: round(one.score, 3) for one in joiner.run(documents=given)["documents"]}
    print(lists, "->", found)
    return found


dense = {"d1": 0.93, "d2": 0.92, "d3": 0.41}
first = joined(dense, {"bm25": 3.1})
assert list(first)[0] == "bm25" and first["bm25"] == 3.1 and max(first[name] for name in dense) < 1
second = joined(dense, {"other": 0.31})
assert second["other"] == 0.31 and list(second) == ["d1", "d2", "other", "d3"]
assert joined({"a": 0.9, "b": 0.9}, {"c": 0.5, "d": 0.1})["a"] == 0.9
assert joined({"a": 0.900, "b": 0.899}, {"c": 5.0, "d": 0.0}) == {"a": 0.667, "c": 0.667, "b": 0.333, "d": 0.333}
PY
