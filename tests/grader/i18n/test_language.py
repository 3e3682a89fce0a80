"""All languages: nothing is untranslated, no field is lost, and code stays as it is."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import subprocess

import pytest

from grader import assignments
from grader.__main__ import run
from grader.authoring import regions, release
from grader.errors import CheckFailed, GraderError
from grader.i18n import language, po
from grader.judging import messages
from grader.runner.limits import Limits
from tests.grader.i18n.extracted import all_sentences
from tests.grader.learners import TABLE, TRACE, assignment

FILES = sorted(po.FOLDER.rglob("*.po"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What is the same in both languages: code, names, and numbers other than millions, which have a
# word of their own in Chinese: test_glossary.py compares their values.
CODE = re.compile(
    r"`[^`]+`|\$[^$]+\$|\w+\([^()]*\)|\b\w*_\w+\b|--\w+|\bReLU\b"
    r"|[0-9][0-9,.x]*[0-9](?![0-9]|[.,x][0-9]| million)"
)


@pytest.fixture
def chinese():
    language.use("zh")
    yield
    language.use("en")


def test_nothing_is_untranslated():
    known = po.load("zh_CN")
    missing = {text: where for text, where in all_sentences().items() if text not in known}
    assert not missing, f"add these to grader/locale/zh_CN: {missing}"


def test_fields_and_code_are_the_same_in_both():
    for text, translation in po.load("zh_CN").items():
        assert sorted(set(re.findall(r"\{.*?\}", text))) == sorted(
            set(re.findall(r"\{.*?\}", translation))
        ), text
        words = re.search("[a-z]{3}", re.sub(r"\{.*?\}", "", text))
        assert CHINESE.search(translation) or not words, text
        there = translation.replace(" ", "")
        codes = {code.rstrip(",.").replace(" ", "") for code in CODE.findall(text)}
        lost = [code for code in codes if code not in there]
        assert not lost, (lost, translation)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_catalogue_reads_as_gettext_reads_it(path, tmp_path):
    if shutil.which("msgfmt") is None:
        pytest.skip("no msgfmt here")
    compiled = tmp_path / "it.mo"
    done = subprocess.run(
        ["msgfmt", "--check-format", "-o", compiled, path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with compiled.open("rb") as file:
        theirs = gettext.GNUTranslations(file)._catalog
    assert theirs == po.entries(path.read_text(encoding="utf-8"))


def test_escapes_continuations_and_gaps():
    text = '# note\nmsgid ""\nmsgstr "Language: x"\n\n#: a.py\n'
    text += 'msgid "a \\"b\\"\\n"\n"c"\nmsgstr "d"\n'
    text += '\nmsgid "untranslated"\nmsgstr ""\n'
    assert po.entries(text) == {"": "Language: x", 'a "b"\nc': "d"}


@pytest.mark.parametrize(
    "text", ["nonsense", '"no msgid"', 'msgstr "before any msgid"', "msgid 'single'"]
)
def test_what_is_no_catalogue_is_an_error(text):
    with pytest.raises(GraderError, match="line 1: expected"):
        po.entries(text)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "LANGUAGE": "zh:en"}, "zh"),
        ({"LANGUAGE": "de:en_GB:zh"}, "en"),
        ({"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en"}, "zh"),
        ({"LANGUAGE": "", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_locale_decides(environment, expected):
    assert language.of_locale(environment) == expected


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """folders(...): a project that has catalogues in these languages alone."""

    def make(*names):
        for name in names:
            folder = tmp_path / name / "LC_MESSAGES"
            folder.mkdir(parents=True)
            (folder / "grader.po").write_text(
                'msgid ""\nmsgstr ""\n"X-Language-Name: Own\\n"\n\n'
                f'msgid "{{earned:g}} of {{points:g}} points"\nmsgstr "{name} {{earned:g}}"\n',
                encoding="utf-8",
            )
        monkeypatch.setattr(po, "FOLDER", tmp_path)
        po.load.cache_clear()

    yield make
    language.use("en")
    po.load.cache_clear()


def test_a_folder_of_catalogues_is_a_language(folders):
    folders("de", "zh_CN", "pt_BR", "pt_PT")
    assert language.languages() == {
        "en": None,
        "de": "de",
        "pt_BR": "pt_BR",
        "pt_PT": "pt_PT",
        "zh": "zh_CN",
    }
    for wanted, spoken, text in (
        ("de", "de", "de 3"),
        ("de-AT", "de", "de 3"),
        ("zh_CN", "zh", "zh_CN 3"),
        ("ZH", "zh", "zh_CN 3"),
        ("zh_SG", "zh", "zh_CN 3"),
        ("pt-pt", "pt_PT", "pt_PT 3"),
        ("pt", "pt_BR", "pt_BR 3"),
        ("en_GB", "en", "3 of 4 points"),
    ):
        language.use(wanted)
        assert language.spoken() == spoken
        assert language.say("{earned:g} of {points:g} points", earned=3, points=4) == text
    assert language.of_locale({"LANG": "pt_PT.UTF-8"}) == "pt_PT"
    assert language.of_locale({"LANGUAGE": "fr:de:zh"}) == "de"
    with pytest.raises(GraderError, match="expected the language en or de or pt_BR or pt_PT or zh"):
        language.use("fr")


def test_a_language_has_its_own_name_in_the_help(folders):
    assert po.header("zh_CN")["X-Language-Name"] == "中文"
    assert "zh (中文)" in language._choices()
    folders("de")
    (po.FOLDER / "de" / "LC_MESSAGES" / "grader.po").write_text("nonsense", encoding="utf-8")
    assert po.header("de") == {} and language._choices().startswith("en, de;")


def test_the_option_works_before_and_after_the_command(project, capsys, monkeypatch):
    for arguments in (["--lang", "zh", "status"], ["status", "--lang", "zh_CN"], ["--lang", "zh"]):
        assert run(arguments) == 0
        assert "满分 100 分" in capsys.readouterr().out
        assert run(["status"]) == 0
        assert "0 of 100 points" in capsys.readouterr().out
    monkeypatch.setenv("LANGUAGE", "zh_CN:en")
    assert run(["hint", "residual_networks", "ResNet"]) == 2
    assert "收到的是" in capsys.readouterr().err
    assert run(["hint", "residual_networks", "--lang", "en"]) == 0
    assert "concept" in capsys.readouterr().out


@pytest.mark.parametrize("kind", messages.SENTENCES)
def test_every_trouble_is_said_in_chinese(chinese, kind):
    texts = {
        "unfilled": "exercise 1, ResNet50, is not filled in yet; hint: .venv/bin/signs hint lenet"
    }
    trouble = {
        "kind": kind,
        "line": 7,
        "text": texts.get(kind, "some text"),
        "code": "def f(:",
        "error": "ValueError",
        "detail": "a detail",
        "received": "int",
        "found": ["g"],
        "limit": 1000,
        "lines": [[3, "f", "return 1"]],
    }
    case = {"call": "ResNet50", "args": [1]}
    english = messages.explain(trouble, case, "mine.py", Limits())
    translated = language.localised(english)
    assert CHINESE.search(translated.message) and "{" not in translated.message
    for value in ("ResNet50", "mine.py", "some text", "def f(:", "1,000", "4096", "ValueError"):
        assert (value in english.message) == (value in translated.message), value
    assert translated.trace == "" or "第 3 行" in translated.trace
    assert translated.kind == english.kind
    sentence = po.load("zh_CN").get(messages.SENTENCES[kind], "")
    fixed = [part.strip() for part in re.split(r"\{.*?\}", sentence)]
    assert not [part for part in fixed if part not in translated.message]


def test_a_sentence_that_lost_its_end_is_found_too(chinese):
    english = messages.explain(
        {"kind": "raised", "error": "KeyError", "text": ""},
        {"call": "ResNet50"},
        "mine.py",
        Limits(),
    )
    assert english.message == "ResNet50 raised KeyError"
    assert language.translated(english.message) == "ResNet50 出现 KeyError"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            {"array": [2, 6], "arrays": [{"array": [3]}]},
            "f(形状为 (2, 6) 的数组, 形状为 (3) 的数组)",
        ),
        ({"input": [7, 5, 3], "args": [4]}, "f(形状为 (n, 7, 5, 3) 的 X, 4)"),
        ({"model": {}, "kwargs": {"classes": 3}}, "f(model, classes=3)"),
    ],
)
def test_the_words_in_a_call_are_chinese_too(chinese, case, said):
    case = {"call": "f", **case}
    trouble = {"kind": "raised", "error": "KeyError", "text": "some text"}
    failure = messages.explain(trouble, case, "mine.py", Limits())
    failure.table = [["called", messages.asked(case)]]
    found = language.localised(failure)
    assert found.trace == f"调用：{said}" and found.table == [["调用", said]]


def test_filled_in_sentences_tables_and_traces(chinese):
    failure = CheckFailed(
        "Stage 4 starts from the output of stage 3, which is not right yet.",
        [*TABLE, ["3", "5 of 6", "shape 2x2, mean 1, begins 3, 4"]],
        trace=TRACE,
    )
    found = language.localised(failure)
    assert found.message.startswith("阶段 4 的输入是阶段 3 的输出")
    assert found.table[0] == ["阶段", "应为", "实际"] and found.table[1] == TABLE[1]
    assert found.table[2] == ["3", "5 / 6", "形状 2x2，均值 1，开头为 3, 4"]
    assert found.trace.splitlines()[2] == "mine.py 第 9 行，helper 中：return X + y"
    assert language.translated("Nobody wrote this.") == "Nobody wrote this."


def test_english_is_left_alone():
    failure = CheckFailed("Stage 4 is", TABLE, trace=TRACE)
    assert str(language.localised(failure)) == str(failure)


def bare(text):
    """The syntax tree without docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@pytest.mark.parametrize("name", assignments.names())
def test_an_exercise_in_chinese_is_the_same_code(chinese, name):
    one = assignments.find(name)
    english = release.stub(one.file("solutions").read_text(encoding="utf-8"), name)
    text = release.released(one)
    assert bare(text) == bare(english) and text != english
    assert release.unchanged(text) and release.up_to_date(text, english)
    assert [(r.name, r.points) for r in regions.find(text)] == [
        (r.name, r.points) for r in regions.find(english)
    ]
    assert release.filled(text) == [] and max(map(len, text.splitlines())) <= 100
    steps = [step for region in regions.find(text) for step in regions.steps(text, region)]
    prose = [line for line in text.splitlines() if line.startswith("# ") and len(line) > 12]
    assert steps and all(CHINESE.search(step) for step in steps)
    same = set(english.splitlines()).intersection(prose)
    assert not [line for line in same if re.search(r"[a-z]{3} [a-z]{3} ", line)]


def test_release_speaks_chinese_too(project, capsys):
    path = project / "mine.py"
    assert run(["release", "residual_networks", "--out", str(path), "--lang", "zh"]) == 0
    assert "# # 残差网络" in path.read_text(encoding="utf-8")
    assert run(["release", "residual_networks", "--out", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == assignment().file("assignments").read_text()
    assert [other.name for other in project.iterdir() if "kept" in other.name] == []
