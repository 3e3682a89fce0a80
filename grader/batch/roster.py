"""The roster of a class, from Moodle, Canvas, Gradescope or any CSV with names or ids.

A submission joins its learner by an id or a name in the name of its file, and only if it fits one
learner alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.batch import teacher_csv
from grader.batch.class_list import Line
from grader.batch.learners import Person, handed, shown
from grader.errors import GraderError
from grader.i18n.language import say

# How many names a sentence lists.
MOST_NAMES = 30
# Titles of columns in small letters: what a platform calls it, and what teachers call it.
_NAME = ("student", "name", "full name", "fullname", "student name", "learner", "姓名", "全名")
_FIRST = ("first name", "firstname", "given name", "名", "名字")
_LAST = ("last name", "lastname", "surname", "family name", "姓", "姓氏")
_IDS = (
    "sis user id",
    "id number",
    "idnumber",
    "sid",
    "student id",
    "student_id",
    "id",
    "identifier",
    "submission id",
    "学号",
    "编号",
)
_MAILS = ("email address", "email", "e-mail", "sis login id", "login id", "username", "邮箱")
_ROLE = ("role",)
# Shorter numbers stand in many names of files.
_SHORTEST = 3


@dataclass(frozen=True)
class Roster:
    """The learners of a class. titles: of the CSV's columns. said: sentences about doubles."""

    titles: Sequence[str]
    people: Sequence[Person]
    said: Sequence[str]


def read(path: Path) -> Roster:
    """The roster at `path`. Raises GraderError if it has neither a column of names nor of ids."""
    titles, rows = teacher_csv.read(path)
    known = {title.lower().strip(): title for title in titles}
    chosen = {
        kind: [known[name] for name in names if name in known]
        for kind, names in (("name", _NAME), ("first", _FIRST), ("last", _LAST), ("ids", _IDS))
    }
    chosen["mails"] = [known[name] for name in _MAILS if name in known]
    if not any(chosen.values()):
        raise GraderError(
            f"{path}: expected a column with the title name, id or email, found "
            f"{', '.join(titles)[:200]}"
        )
    people: dict[tuple, Person] = {}
    counts: Counter[tuple] = Counter()
    for row in rows:
        person = _person(row, chosen)
        role = next((row[known[name]] for name in _ROLE if name in known), "student")
        if person is None or role.lower() not in ("student", "", "学生"):
            continue
        # The same id is the same person; of two without ids, the same name.
        key = (person.id,) if person.ids else ("", *_words(person.name))
        counts[key] += 1
        people.setdefault(key, person)
    if not people:
        raise GraderError(f"{path}: expected learners below the titles, found none")
    said = [
        say(
            "{name} stands {count} times in the roster; the first line counts.",
            name=shown(people[key].name or people[key].id),
            count=count,
        )
        for key, count in counts.items()
        if count > 1
    ]
    return Roster(titles, list(people.values()), said)


def _person(row: dict[str, str], chosen: dict[str, list[str]]) -> Person | None:
    name = next((row[title] for title in chosen["name"] if row[title]), "")
    if not name:
        parts = [row[title] for kind in ("first", "last") for title in chosen[kind][:1]]
        name = " ".join(filter(None, parts))
    # Canvas has a line of the most points, and a learner for tests.
    if name.lower() in ("points possible", "student, test", "test student"):
        return None
    last, comma, first = name.partition(",")
    if comma:
        name = f"{first.strip()} {last.strip()}"
    found = [row[title] for title in (*chosen["ids"], *chosen["mails"]) if row[title]]
    # Moodle's number of a learner in an assignment: "Participant 4711".
    ids = tuple(dict.fromkeys(re.sub(r"^\D+ (?=\d+$)", "", one) for one in found))
    return Person(name, ids, row) if name or ids else None


def join(lines: Sequence[Line], roster: Roster) -> list[str]:
    """Give each submission its learner of the roster; say who is missing, and what fits nobody."""
    finder = _Finder(roster.people)
    said = [*roster.said]
    for line in lines:
        people = finder.of(line.file)
        if len(people) == 1:
            line.person = people[0]
            line.learner, line.id = line.person.name or line.learner, line.person.id or line.id
        elif people:
            names = ", ".join(shown(one.name or one.id) for one in people[:MOST_NAMES])
            said.append(
                say(
                    "{file} fits more than one in the roster: {names}.",
                    file=shown(line.file),
                    names=names,
                )
            )
    strangers = [shown(line.file) for line in lines if line.person is None]
    there = {line.person for line in lines if line.person is not None}
    absent = [shown(one.name or one.id) for one in roster.people if one not in there]
    if strangers:
        said.append(
            say(
                "{count} submissions join nobody in the roster: {names}.",
                count=len(strangers),
                names=_listed(strangers),
            )
        )
    if absent:
        said.append(
            say(
                "{count} in the roster have handed in nothing: {names}.",
                count=len(absent),
                names=_listed(absent),
            )
        )
    return said


def _listed(names: list[str]) -> str:
    rest = len(names) - MOST_NAMES
    listed = "; ".join(names[:MOST_NAMES])
    return say("{what}; and {count} more", what=listed, count=rest) if rest > 0 else listed


class _Finder:
    """Finds the learners that the name of a file fits."""

    def __init__(self, people: Iterable[Person]):
        self.by_id: dict[str, list[Person]] = defaultdict(list)
        self.by_word: dict[str, list[Person]] = defaultdict(list)
        self.words: dict[Person, frozenset[str]] = {}
        for person in people:
            for one in person.ids:
                self.by_id[folded(one)].append(person)
            words = _words(person.name)
            self.words[person] = frozenset(words)
            # Canvas writes names without spaces, and the last name first.
            whole = {"".join(words), "".join([*words[-1:], *words[:-1]])}
            for word in {*words, *whole} - {""}:
                self.by_word[word].append(person)

    def of(self, file: str) -> list[Person]:
        """The learners, none if nobody fits."""
        who = handed(file)
        words = set(_words(who.learner))
        if exact := self.by_id.get(folded(who.learner)):
            return exact
        # A platform's number may be another learner's id elsewhere: the name must not differ.
        if numbered := [one for one in self.by_id.get(who.id, ()) if self._may_be(one, words)]:
            return numbered
        ids = [
            one
            for word in sorted({*words, *re.split(r"[\s,;()]+", folded(who.learner))})
            if len(word) >= _SHORTEST
            for one in self.by_id.get(word, ())
        ]
        named = self._named(words)
        both = [one for one in named if one in ids]
        return list(dict.fromkeys(both or [*ids, *named]))

    def _may_be(self, person: Person, words: set[str]) -> bool:
        own, named = self.words[person], self._named(words)
        if named:
            return person in named
        return not own or "submission" in words or bool(own & words)

    def _named(self, words: set[str]) -> list[Person]:
        near = dict.fromkeys(one for word in words for one in self.by_word.get(word, ()))
        whole = "".join
        found = [
            one
            for one in near
            if self.words[one] <= words
            or whole(names := _words(one.name)) in words
            or whole([*names[-1:], *names[:-1]]) in words
        ]
        # Of Li Ming and Li Ming Hua the longer name is meant, if all of it is there.
        return [
            one for one in found if not any(self.words[one] < self.words[other] for other in found)
        ]


def folded(text: str) -> str:
    """A text without differences of case, width, accents, and of how accents are written."""
    apart = unicodedata.normalize("NFKD", text.strip())
    return "".join(one for one in apart if not unicodedata.combining(one)).casefold()


def _words(name: str) -> list[str]:
    """The words of a name, also those between which letters and numbers change."""
    whole = re.findall(r"[^\W_]+", folded(name))
    apart = [part for word in whole for part in re.findall(r"\d+|[^\W\d_]+", word)]
    return list(dict.fromkeys([*whole, *apart]))


def later_ones(lines: Sequence[Line], times: dict[str, float]) -> list[str]:
    """Of several submissions of one learner, let the latest count, and say so.

    times: path -> when it was changed last. With equal times the last name counts.
    """
    by_learner: dict[tuple, list[Line]] = defaultdict(list)
    for line in lines:
        who = line.person or (folded(line.learner), line.id)
        by_learner[(who,)].append(line)
    said = []
    for own in by_learner.values():
        if len(own) < 2:
            continue
        *earlier, last = sorted(own, key=lambda line: (times.get(line.path, 0), line.file))
        for line in earlier:
            line.counts = False
            line.notes.append(say("Does not count: {file} is later.", file=shown(last.file)))
        files = ", ".join(shown(line.file) for line in earlier)
        last.notes.append(say("Counts; earlier ones do not: {files}.", files=files))
        said.append(
            say(
                "{name} has handed in {count} files: the latest counts, {file}.",
                name=shown(last.learner),
                count=len(own),
                file=shown(last.file),
            )
        )
    return said
