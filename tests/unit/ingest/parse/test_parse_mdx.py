"""MDX: component tags are no text, what is inside them is, and it is not code."""

from ingest.parse import parse
from rag.domain import Parsed


def read(source: str) -> Parsed:
    parsed = parse(source.encode(), filename="a.mdx", mime_type=None)
    # Lines of tags and directives are taken out of the text: citations must not show what no reader sees.
    assert parsed.text == source or len(parsed.text) < len(source)
    return parsed


def seen(parsed: Parsed) -> list[tuple[str, str, str]]:
    """(section, header, text) of each block."""
    return [(" › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


def test_imports_exports_and_expressions_are_no_text() -> None:
    source = (
        "import A from '@site/a';\nimport {\n  B,\n  C,\n} from 'x';\n\n"
        "export const Y = () => (\n  <b>no</b>\n)\n\n{/* note */}\n\nText.\n"
    )
    assert seen(read(source)) == [("", "", "Text.")]


def test_indented_prose_inside_components_is_text() -> None:
    source = (
        '<Tabs>\n  <Tab title="macOS">\n    Open it.\n\n    Then close it.\n  </Tab>\n'
        '  <Tab title="Windows">\n    Use <b>Start</b>.\n  </Tab>\n</Tabs>\n\nAfter.\n'
    )
    parsed = read(source)
    assert seen(parsed) == [
        ("macOS", "", "Open it."),
        ("macOS", "", "Then close it."),
        ("Windows", "", "Use Start."),
        ("", "", "After."),
    ]
    assert {block.kind for block in parsed.blocks} == {"text"}


def test_steps_are_one_group_with_their_titles_as_headers() -> None:
    source = (
        '## Batch\n\n<Steps>\n  <Step title="Get the template">\n    Download it:\n\n    - as CSV\n\n'
        "    <Frame>\n      ![x](y.png)\n"
        '    </Frame>\n  </Step>\n  <Step title="Upload">\n    ```bash\n    up --all\n    ```\n  </Step>\n</Steps>\n'
    )
    parsed = read(source)
    assert seen(parsed) == [
        ("Batch", "Get the template", "Download it:"),
        ("Batch", "Get the template\nDownload it:", "as CSV"),
        ("Batch", "Upload", "up --all"),
    ]
    assert [block.kind for block in parsed.blocks] == ["text", "list", "code"]
    assert len({block.group for block in parsed.blocks}) == 1


def test_tags_over_several_lines_and_expressions_in_attributes() -> None:
    source = '<Card\n  title="Go"\n  style={{flex: "1 > 0"}}\n>\n  Body > text.\n</Card>\n\n<Cta\n  link="x"\n/>\n\nEnd.\n'
    assert seen(read(source)) == [("", "Go", "Body > text."), ("", "", "End.")]


def test_parameters_are_headers() -> None:
    source = '<ParamField path="name" type="string" required>\n  The name.\n</ParamField>\n'
    assert seen(read(source)) == [("", "name (string, required)", "The name.")]


def test_headings_inside_and_after_components() -> None:
    source = '## A\n\n<Tab title="T">\n### B\n\none\n</Tab>\n\ntwo\n\n### C\n\nthree\n'
    assert seen(read(source)) == [("A › T › B", "", "one"), ("A", "", "two"), ("A › C", "", "three")]


def test_notes_inside_list_items_stay_in_the_list() -> None:
    source = "1. One\n\n   <Note>\n   Careful.\n   </Note>\n\n2. Two\n"
    parsed = read(source)
    assert [text for _, _, text in seen(parsed)] == ["One", "Careful.", "Two"]
    assert len({block.group for block in parsed.blocks}) == 1


def test_content_on_the_line_of_its_tag() -> None:
    source = '<Info>Short note.</Info>\n\n<div label="Starter">\n\nText A.\n\n</div>\n<div label="Pro">\n\nText B.\n\n</div>\n'
    assert seen(read(source)) == [("", "", "Short note."), ("Starter", "", "Text A."), ("Pro", "", "Text B.")]


def test_scripts_and_unclosed_tags_do_no_harm() -> None:
    source = "<script>\nvar x = '<p>';\n</script>\n\n<Tab title=\"never closed\">\n    Text.\n\nMore.\n"
    assert [text for _, _, text in seen(read(source))] == ["Text.", "More."]
