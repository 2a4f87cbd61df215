"""What of a source file a result can depend on: an edit of anything else changes no digest, any other edit does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.sources import digest

from .conftest import ROOT


def same(one: str | bytes, other: str | bytes) -> bool:
    contents = (text if isinstance(text, bytes) else text.encode() for text in (one, other))
    return len({digest(content, ".py") for content in contents}) == 1


EQUAL: dict[str, tuple[str | bytes, str | bytes]] = {
    "a comment": ("x = 1\n", "# why\nx = 1  # what\n"),
    "a comment between the lines of a call": ("f(1, 2)\n", "f(\n    1,  # one\n    2)\n"),
    "a comment in another script": ("x = 1\n", "# \u00e4\u03b2\u4e2d\nx = 1\n"),
    "blank lines": ("x = 1\ny = 2\n", "\nx = 1\n\n\n   \ny = 2\n\n"),
    "trailing spaces": ("x = 1\ny = 2\n", "x = 1   \ny = 2\t\n"),
    "no newline at the end": ("x = 1\n", "x = 1"),
    "the docstring of a module": ("x = 1\n", '"""What it is."""\nx = 1\n'),
    "the docstring of a function": (
        "def f():\n    return 1\n",
        "def f():\n    '''It's\n\n  # one.'''\n    return 1\n",
    ),
    "the docstring of a class": ("class A:\n    x = 1\n", 'class A:\n    r"""Raw \\n."""\n\n    x = 1\n'),
    "a body that is a docstring": ('def f():\n    """One."""\n', 'def f():\n    """Another."""\n'),
    "a string below a constant": ("x = 1\ny = 2\n", 'x = 1\n"""What x is."""\ny = 2\n'),
    "a string where no docstring is": ("if x:\n    y\n", 'if x:\n    """Why."""\n    y\n'),
    "a docstring in two parts": ("def f():\n    pass\n", "def f():\n    \"one\" 'two'\n    pass\n"),
    "a comment below a decorator": ("@a\ndef f(): ...\n", "@a\n# why\ndef f(): ...\n"),
    "a line that goes on": ("x = 1 + 2\n", "x = 1 + \\\n    2\n"),
    "the width of a level": ("if x:\n  y\n", "if x:\n        y\n"),
    "tabs": ("if x:\n    y\n", "if x:\n\ty\n"),
    "the ends of lines": ("x = '''a\n\nb'''\nif x:\n    y\n", "x = '''a\r\n\r\nb'''\r\nif x:\r\n    y\r\n"),
    "a byte-order mark": ("x = 'ä'\n", b"\xef\xbb\xbf" + "x = 'ä'\n".encode()),
    "an encoding that says what was so": ("x = 'ä'\n", "# -*- coding: utf-8 -*-\nx = 'ä'\n"),
    "another encoding of the same text": ("x = 'ä'\n", "# coding: latin-1\nx = 'ä'\n".encode("latin-1")),
    "the words of a user's error": ("raise UserError('a')\n", "raise UserError(\n    f'b {x(1)}', block=g('x')\n)\n"),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_no_result_depends_on_is_left_out(name: str) -> None:
    assert same(*EQUAL[name])


DIFFERENT = {
    "a number": ("x = 1\n", "x = 2\n"),
    "a name": ("x = 1\n", "y = 1\n"),
    "a hash in a string": ("x = 'a # b'\n", "x = 'a # c'\n"),
    "an f-string's text": ("x = f'a {b}'\n", "x = f'c {b}'\n"),
    "an f-string's expression": ("x = f'{a + 1}'\n", "x = f'{a + 2}'\n"),
    "a space in an f-string that shows its expression": ("x = f'{a=}'\n", "x = f'{a = }'\n"),
    "an f-string that stands alone": ("f'{launch()}'\n", "f'{wait()}'\n"),
    "an f-string that stands alone and goes": ("f'{launch()}'\nx\n", "x\n"),
    "a blank line in a string": ("x = '''a\nb'''\n", "x = '''a\n\nb'''\n"),
    "trailing spaces in a string": ("x = '''a\nb'''\n", "x = '''a  \nb'''\n"),
    "a blank line in an f-string": ("x = f'''{a}\nb'''\n", "x = f'''{a}\n\nb'''\n"),
    "a comment in a string": ("x = '''a\n# b\n'''\n", "x = '''a\n'''\n"),
    "a tab in a string": ("x = 'a b'\n", "x = 'a\tb'\n"),
    "a form feed in a string": ("x = 'a b'\n", "x = 'a\x0cb'\n"),
    "where a string ends": ("x = 'a' 'b'\n", "x = 'a', 'b'\n"),
    "a string that is assigned": ("x = 'one'\n", "x = 'two'\n"),
    "a string that is returned": ("def f():\n    return 'one'\n", "def f():\n    return 'two'\n"),
    "a string as an argument": ("f(\n    'one'\n)\n", "f(\n    'two'\n)\n"),
    "a decorator": ("@a\ndef f(): ...\n", "@b\ndef f(): ...\n"),
    "a decorator that goes": ("@a\ndef f(): ...\n", "def f(): ...\n"),
    "a level": ("if x:\n    y\n    z\n", "if x:\n    y\nz\n"),
    "a level behind a docstring": ('if x:\n    y\n    "z"\nz\n', 'if x:\n    y\n    "z"\n    z\n'),
    "a semicolon": ("if x: y; z\n", "if x: y\nz\n"),
    "a semicolon before a string": ("if x: y; 'z'\nw\n", "if x: y; w\n"),
    "a line that goes on or not": ("x = 1 \\\n    - 2\n", "x = 1\n- 2\n"),
    "a continued string": ("x = 'a\\\nb'\n", "x = 'a\\\n b'\n"),
    "an encoding": ("# coding: latin-1\nx = 'ä'\n", "# coding: utf-8\nx = 'ä'\n"),
    "what stands where words ran together": ("x = not y\n", "x = noty\n"),
    "an error that is another": ("raise UserError('a')\n", "raise Diverged('a')\n"),
    "the words of an error that a result holds": ("raise Diverged('a')\n", "raise Diverged('b')\n"),
    "when an error is raised": ("if x:\n    raise UserError('a')\n", "if y:\n    raise UserError('a')\n"),
    "what follows on an error's line": ("raise UserError('a') if x else B\n", "raise UserError('a') if y else B\n"),
    "an error that is not raised": ("x = UserError('a')\n", "x = UserError('b')\n"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_an_edit_that_a_result_can_depend_on_changes_the_digest(name: str) -> None:
    assert not same(*DIFFERENT[name])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.text(st.characters(codec="utf-8")))
def test_a_string_is_its_text(one: str, other: str) -> None:
    assert same(f"x = {one!r}\n", f"x = {other!r}\n") == (one == other)


NOISE = ("", "   ", "# a 'remark\"", '"""A "string"."""', "'''# x\n\n'''", "\t# x", "'one' \"two\"")
LINES = ("x = 1", "y = '''a\n\n# b  \n'''", "def f():\n    pass", "if x: y; z", "f'{x}'")


@given(st.lists(st.tuples(st.sampled_from(NOISE), st.sampled_from(LINES))), st.sampled_from(["\n", "\r\n"]))
def test_noise_between_lines_and_the_ends_of_lines_change_nothing(pairs: list[tuple[str, str]], end: str) -> None:
    noisy = [text for pair in pairs for text in pair]
    assert same("\n".join(line for _, line in pairs), "\n".join(noisy).replace("\n", end))


def test_nothing_reads_a_docstring() -> None:
    """Or an edit of one could change a result."""
    for folder in ("stages", "vaeplay"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            assert "__doc__" not in text and "getdoc" not in text and "getsource" not in text, path


def test_the_ends_of_lines_of_an_asset_do_not_count_and_its_spaces_do() -> None:
    assert digest(b"a\nb\n", ".js") == digest(b"a\r\nb\r\n", ".js")
    assert digest(b"a\nb\n", ".js") != digest(b"a \nb\n", ".js")
