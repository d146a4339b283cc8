"""An output that differs from the one shown is noticed, and `…` stands for anything."""

from __future__ import annotations

import pytest

from tests.support.pages import Step, differences, steps


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ('{"a":1}', '{"a":2}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":1}', '{"a":1,"b":2}'),
        ('{"a":1,"b":…}', '{"a":1}'),
        ('{"a":[{"b":"x",…}],…}', '{"a":[{"b":"y","c":1}]}'),
        ('{"a":[1]}', '{"a":[1,2]}'),
        ('{"a":[1,…]}', '{"a":[]}'),
        ('{"a":"x…"}', '{"a":"y x"}'),
        ("", "something"),
        ("3 added, … index version 4", "3 added, index version 4, and more"),
    ],
)
def test_an_output_that_differs_is_noticed(shown: str, got: str) -> None:
    assert differences(shown, got) != []


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ('{"a":…,"b":[…],…}', '{"a":{},"b":[1,2],"c":null}'),
        ('{"a":[{"b":"x …",\n …}],"n":1}', '{"n":1,"a":[{"b":"x y","c":1}]}'),
        ('{…,"a":1}', '{"b":2,"a":1}'),
        ("one\n…\nthree", "one\ntwo\ntwo\nthree\n"),
    ],
)
def test_an_ellipsis_stands_for_anything(shown: str, got: str) -> None:
    assert differences(shown, got) == []


def test_steps_leave_out_what_cannot_run_here_and_give_a_program_its_output() -> None:
    page = """
<!-- needs: docker -->
```bash
docker ps
```

```bash
one
```

```python
print(1)
```

```text
1
```
"""
    assert steps(page) == [Step("one", None), Step("print(1)\n", "1\n", python=True)]
