"""Writes a revision of the ledger's schema: the difference between the last revision and the tables.

python -m tests.support.make_revision "what changes"     a further revision, after a release
python -m tests.support.make_revision --again            the last one anew, as long as it is not released
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import create_engine

from rag.record import migrations, tables
from rag.record.schema import SCHEMA_VERSION, metadata

FOLDER = Path(migrations.__file__).parent / "versions"

_TEMPLATE = '''"""{what}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision:04}"
down_revision: str | None = {down}


def upgrade() -> None:
    """Forward only: an older program refuses the ledger from here on."""
    {body}
'''


def last() -> int:
    """Number of the last revision that there is."""
    return max((int(path.name[1:5]) for path in FOLDER.glob("r[0-9]*.py")), default=0)


def code() -> str:
    """Python code that the last revision lacks; "pass" when it lacks nothing."""
    assert tables.MODULES
    engine = create_engine("sqlite://")
    with engine.connect() as conn:
        if last():
            migrations.upgrade(conn, 0)
        context = MigrationContext.configure(conn, opts={"compare_type": True, "render_as_batch": False})
        told = produce_migrations(context, metadata).upgrade_ops
    assert told is not None
    for step in told.ops:  # ledgers of unreleased programs may have some of it already
        for inner in [step, *(step.ops if isinstance(step, ops.OpContainer) else ())]:
            if isinstance(inner, ops.CreateTableOp | ops.CreateIndexOp):
                inner.if_not_exists = True
    text = render_python_code(told)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).strip() or "pass"


def main(what: str) -> None:
    if what == "--again":
        path = next(FOLDER.glob(f"r{last():04}_*.py"))
        what = path.read_text(encoding="utf-8").splitlines()[0].strip('"')
        path.unlink()
    body = code()
    if body == "pass":
        print("nothing has changed")
        return
    number = last() + 1
    name = re.sub(r"\W+", "_", what.lower()).strip("_")[:40]
    down = f'"{number - 1:04}"' if number > 1 else "None"
    path = FOLDER / f"r{number:04}_{name}.py"
    path.write_text(_TEMPLATE.format(what=what, revision=number, down=down, body=body), encoding="utf-8")
    print(f"wrote {path.name}; look through it, format it, set SCHEMA_VERSION in version.py (now {SCHEMA_VERSION}) to {number}")


if __name__ == "__main__":
    main(sys.argv[1])
