import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.plan.paths import canonical, folded, path_problem


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "src/lexer.py",
        "a/b/c/d.txt",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".gitattributes",
        "sub/.gitmodules",
        "templates/.director/config.toml",
        "a file with spaces.txt",
        "it's.py",
        "naïve/日本語.md",
        "app/[id]/page.tsx",
        "app/[...slug]/[[...rest]].tsx",
        "C++/main.cpp",
        "...rc",
        "git/config",
        "~backup",
        "a" * 255,
        "/".join(["a" * 100] * 5),
    ],
)
def test_a_file_of_the_repository_may_stand_in_a_plan(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "is empty: name a file"),
        ("  ", "is empty: name a file"),
        ("a\nb", "holds a control or invisible character: give the file a plain name"),
        ("a\0b", "holds a control or invisible character: give the file a plain name"),
        ("a\tb", "holds a control or invisible character: give the file a plain name"),
        ("a\x7f", "holds a control or invisible character: give the file a plain name"),
        ("a\u2028b", "holds a control or invisible character: give the file a plain name"),
        ("a\u202egnp.exe", "holds a control or invisible character: give the file a plain name"),
        (".g\u200cit/config", "holds a control or invisible character: give the file a plain name"),
        ("a\ud800", "holds a control or invisible character: give the file a plain name"),
        ("C:/x.py", "begins with a drive letter: write it from the repository's root"),
        ("c:x.py", "begins with a drive letter: write it from the repository's root"),
        ("C:\\x.py", "begins with a drive letter: write it from the repository's root"),
        ("/etc/passwd", "is absolute: write it from the repository's root"),
        ("//server/share", "is absolute: write it from the repository's root"),
        ("\\x.py", "is absolute: write it from the repository's root"),
        ("~/x.py", "is absolute: write it from the repository's root"),
        ("..", "holds '..': write it from the repository's root"),
        ("../x.py", "holds '..': write it from the repository's root"),
        ("a/../../x.py", "holds '..': write it from the repository's root"),
        ("a/../x.py", "holds '..': write it from the repository's root"),
        ("a\\..\\x.py", "holds '..': write it from the repository's root"),
        (".git", "is part of git's own directory: leave it out"),
        (".git/hooks/pre-commit", "is part of git's own directory: leave it out"),
        (".GIT/config", "is part of git's own directory: leave it out"),
        ("sub/.Git/config", "is part of git's own directory: leave it out"),
        ("./.git/config", "is part of git's own directory: leave it out"),
        (".git./config", "is part of git's own directory: leave it out"),
        (".git /config", "is part of git's own directory: leave it out"),
        (".git::$INDEX_ALLOCATION/config", "is part of git's own directory: leave it out"),
        ("git~1/config", "is part of git's own directory: leave it out"),
        ("GIT~1/config", "is part of git's own directory: leave it out"),
        ("sub\\.git\\config", "is part of git's own directory: leave it out"),
        (".director/plan.json", "is part of director's own directory: leave it out"),
        (".Director/config.toml", "is part of director's own directory: leave it out"),
        (".//.DIRECTOR//x", "is part of director's own directory: leave it out"),
        (".director", "is part of director's own directory: leave it out"),
        (".gitmodules", "decides what git fetches: leave it out"),
        (".GitModules", "decides what git fetches: leave it out"),
        ("src/", "is a directory: name each file"),
        (".", "is a directory: name each file"),
        ("./", "is a directory: name each file"),
        ("src/.", "is a directory: name each file"),
        ("src\\lexer.py", "has '\\' between its parts: write 'src/lexer.py'"),
        ("./x.py", "has empty or '.' parts: write 'x.py'"),
        ("a//b.py", "has empty or '.' parts: write 'a/b.py'"),
        ("a/./b.py", "has empty or '.' parts: write 'a/b.py'"),
        ("a//{b}.py", "has empty or '.' parts: write 'a/{b}.py'"),
        ("src/*.py", "holds a glob character: name each file"),
        ("src/**", "holds a glob character: name each file"),
        ("src/?.py", "holds a glob character: name each file"),
        ("src/[a-z].py", "holds a glob character: name each file"),
        ("src/[!a]b.py", "holds a glob character: name each file"),
        ("src/[x.py", "holds a glob character: name each file"),
        ("app/[id]/*.tsx", "holds a glob character: name each file"),
        ("-x.py", "begins with '-' or ':', which programs read as an option: rename the file"),
        (":(glob)x", "begins with '-' or ':', which programs read as an option: rename the file"),
        ("x.py ", "has a part with a space around it or a dot at its end: rename it"),
        (" x.py", "has a part with a space around it or a dot at its end: rename it"),
        ("a /x.py", "has a part with a space around it or a dot at its end: rename it"),
        ("x.", "has a part with a space around it or a dot at its end: rename it"),
        ("a" * 256, "is longer than file systems allow: shorten it"),
        ("a/" + "b" * 256, "is longer than file systems allow: shorten it"),
        ("é" * 128, "is longer than file systems allow: shorten it"),
        ("/".join(["a" * 200] * 6), "is longer than file systems allow: shorten it"),
    ],
)
def test_what_is_not_plainly_a_file_of_the_repository_is_a_problem_with_a_remedy(path: str, problem: str) -> None:
    assert path_problem(path) == problem


@given(st.text())
def test_every_text_is_judged(path: str) -> None:
    problem = path_problem(path)

    assert problem is None or ": " in problem


@given(st.text(alphabet="aG.~1_-:/ ", max_size=12))
def test_every_part_of_a_path_without_a_problem_is_a_plain_name(path: str) -> None:
    if path_problem(path) is None:
        assert not path.startswith(("-", ":", "/", "~/"))
        assert all(part == part.strip(" ") and part.strip(".") and not part.endswith(".") for part in path.split("/"))


@given(st.lists(st.sampled_from(["a", "b.py", ".", "..", "", ".git", "-x"]), max_size=6).map("/".join))
def test_a_path_without_a_problem_is_canonical_and_stays_inside(path: str) -> None:
    if path_problem(path) is None:
        assert path == canonical(path)
        assert not {"", ".", "..", ".git"} & set(path.split("/"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README.md", "readme.MD"),
        ("a/b.py", "./a//b.py"),
        ("a/b.py", "a\\b.py"),
        ("naïve.py", unicodedata.normalize("NFD", "naïve.py")),
        ("NAÏVE.py", unicodedata.normalize("NFD", "naïve.py")),
        ("straße.py", "STRASSE.py"),
    ],
)
def test_spellings_of_one_file_fold_into_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text())
def test_folding_twice_changes_nothing(path: str) -> None:
    assert folded(folded(path)) == folded(path)
