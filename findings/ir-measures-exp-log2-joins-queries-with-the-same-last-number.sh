#!/usr/bin/env bash
# Guess: query ids are opaque; `nDCG(dcg='exp-log2')` differs from `nDCG` only in its gain, 2^rel-1 for rel.
# What happens: with a cut-off the exponential gain is computed by a Perl script (gdeval) that keeps only the number
# behind the last "-" of a query id. "faq-1" and "case-1" become one query "1", their judgements and runs are mixed,
# both real ids get 0.0, and the mean is taken over three queries. Ids without such a number raise CalledProcessError.
# The plain gain of the same package, in the same call, is right. Needs `perl` on the path.
# Why it matters: whoever scores a search over several question sets names queries "set-number" and gets a silently wrong
# mean: here 0.24 for two rankings that score 1.00 and 0.71.
# ir-measures 0.4.3 (its bundled gdeval), found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('ir-measures==0.4.3')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import subprocess
from importlib.metadata import version

import ir_measures
from ir_measures import nDCG

print("ir-measures", version("ir-measures"))
exp, lin = nDCG(dcg="exp-log2") @ 10, nDCG @ 10
judged = {"a": 3, "b": 1}
best, worst = {"a": 0.9, "b": 0.5}, {"a": 0.5, "b": 0.9}


def per_query(first, second, measure):
    run = {first: best, second: worst}
    found = ir_measures.iter_calc([measure], {first: judged, second: judged}, run)
    return {one.query_id: round(one.value, 3) for one in found}


plain = per_query("1", "2", exp)
joined = per_query("faq-1", "case-1", exp)
print("ids 1 and 2          :", plain)
print("ids faq-1 and case-1 :", joined)
print("the same, linear gain:", per_query("faq-1", "case-1", lin))
mean = ir_measures.calc_aggregate(
    [exp], {"faq-1": judged, "case-1": judged}, {"faq-1": best, "case-1": worst}
)[exp]
print("mean over faq-1 and case-1:", round(mean, 3), "instead of", round((plain["1"] + plain["2"]) / 2, 3))
assert plain == {"1": 1.0, "2": 0.71}
assert joined["faq-1"] == joined["case-1"] == 0.0 and "1" in joined
assert mean < 0.25
assert per_query("faq-1", "case-1", lin) == {"faq-1": 1.0, "case-1": 0.797}
try:
    per_query("shipping", "refund", exp)
except subprocess.CalledProcessError as error:
    print("ids shipping and refund: CalledProcessError, exit status", error.returncode)
else:
    raise SystemExit("ids without a number no longer fail")
PY
