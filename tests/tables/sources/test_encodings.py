"""In which encoding a file is: decided with evidence, and told with the bytes and their lines."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError
from fieldguide.program import CSV, Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read_table
from fieldguide.tables.sources.encodings import guessed

TEXTS = {
    "cp1252": [
        "Der Fluß führt über große Höhen; schöne Grüße aus Köln",
        "L'été dernier, à Paris, le café était fermé et les élèves dînaient",
        "El niño comió mañana; corazón, años, señor López",
        "São Paulo não é tão longe; avó, coração",
        "Malmö, Göteborg, Århus, Tromsø, Ærø, smörgåsbord",
        "it’s “quoted” – don’t",
    ],
    "cp1250": ["Příliš žluťoučký kůň úpěl ďábelské ódy", "Zażółć gęślą jaźń, Łódź, Kraków, Wrocław"],
    "mac-roman": ["café été Größe über niño São señor"],
    "cp850": ["café été Größe über niño señor"],
    "cp1251": ["Привет мир, Москва и Санкт-Петербург", "Иванов Иван Иванович улица Ленина"],
    "koi8-r": ["Привет мир, Москва и Санкт-Петербург"],
    "cp866": ["Привет мир, Москва и Санкт-Петербург"],
    "cp1253": ["Καλημέρα κόσμε Αθήνα Θεσσαλονίκη"],
    "cp1256": ["مرحبا بالعالم القاهرة"],
    "shift_jis": ["東京都 大阪府 こんにちは カタカナ", "田中太郎 山田花子"],
    "gb18030": ["北京市 上海市 你好世界 张伟 王芳", "广东省深圳市"],
    "big5": ["臺北市 高雄市 你好世界 張偉"],
    "euc_kr": ["서울특별시 부산광역시 안녕하세요 김철수"],
}


@pytest.mark.parametrize(("encoding", "text"), [(e, t) for e, texts in TEXTS.items() for t in texts])
def test_a_text_is_read_as_it_was_written(encoding: str, text: str) -> None:
    words = dict.fromkeys(re.findall(rb'[^\s,;"]*[\x80-\xff][^\s,;"]*', text.encode(encoding)), 1)
    found, _ = guessed(words)
    assert [w.decode(found) for w in words] == [w.decode(encoding) for w in words], found


@pytest.mark.parametrize("word", ["café", "Zoë", "Müller", "José", "naïve", "Ž"])
def test_a_single_word_is_taken_for_the_usual_encoding(word: str) -> None:
    assert guessed({word.encode("cp1252"): 1})[0] == "cp1252"


def test_what_cannot_be_told_apart_is_told() -> None:
    name, doubt = guessed({b"Universe?\x8c\xe6": 1})
    assert name == "cp1252"
    assert "CSV(encoding=…) says which" in doubt


def part_of(folder: Path, content: bytes, **blanks: Any) -> Part:
    (folder / "v.csv").write_bytes(content)
    return read_table(Source("v.csv", **blanks), folder)


def names(part: Part) -> list[str]:
    return list(engine.to_arrow(part.table)["name"].to_pylist())


CONTENT = "id,name\n1,Müller\n2,naïve\n3,Ωmega\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_unicode_in_all_its_forms_is_read(tmp_path: Path, encoding: str) -> None:
    text = CONTENT if encoding[:6] != "utf-16" or encoding == "utf-16" else CONTENT.replace("Ω", "O")
    part = part_of(tmp_path, text.encode(encoding))
    assert names(part) == ["Müller", "naïve", text.splitlines()[3][2:]]
    assert part.details[0].encoding == {
        "utf-8-sig": "utf-8",
        "utf-16": "utf-16-le",
        "utf-32": "utf-32-le",
    }.get(encoding, encoding)
    assert any("UTF-" in note for note in part.notes) == (encoding[:5] != "utf-8")


def test_bytes_that_are_no_utf8_are_named_with_their_lines(tmp_path: Path) -> None:
    part = part_of(tmp_path, "id,name\n1,Müller\n2,José\n3,plain\n".encode("cp1252"))
    assert names(part) == ["Müller", "José", "plain"]
    assert part.notes == ("line 2: byte FC, line 3: byte E9 are not UTF-8; read as cp1252 ('ü')",)
    assert (part.rejected, part.details[0].encoding) == (0, "cp1252")


def test_a_few_broken_lines_do_not_make_utf8_another_encoding(tmp_path: Path) -> None:
    good = "".join(f"{i},Jürgen\n" for i in range(50))
    part = part_of(tmp_path, f"id,name\n{good}".encode() + b"50,caf\xe9\n51,x\n")
    assert len(names(part)) == 51
    assert [(r.line, r.reason) for r in part.rejects] == [(52, "not UTF-8: byte E9")]
    assert part.notes == (
        "line 52: byte E9 is no UTF-8, as the rest of the file is; such lines are left out",
    )


def test_a_byte_far_into_a_file_counts(tmp_path: Path) -> None:
    lines = b"".join(b"%d,plain\n" % i for i in range(600_000))
    part = part_of(tmp_path, b"id,name\n" + lines + b"600000,caf\xe9\n")
    assert part.notes[0].startswith("line 600,002: byte E9 is not UTF-8; read as cp1252")
    last = part.table.filter(part.table["id"] == "600000")
    assert engine.to_arrow(last)["name"].to_pylist() == ["café"]


def test_a_declared_encoding_is_taken(tmp_path: Path) -> None:
    part = part_of(tmp_path, CONTENT.replace("Ω", "O").encode("cp850"), format=CSV(encoding="cp850"))
    assert names(part)[0] == "Müller"
    assert part.notes == ()


def test_bytes_that_no_text_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"v.csv holds no text: .* \(00 00 00 00 …\)"):
        part_of(tmp_path, bytes(3_000))
    part = part_of(tmp_path, b"id,name\n1,x\0y\n" + b"2,abcdefghijklmno\n" * 20)
    assert [(r.line, r.reason, r.text) for r in part.rejects] == [(2, "holds a zero byte", "1,x␀y")]


def test_bytes_that_are_words_in_no_encoding_are_no_text(tmp_path: Path) -> None:
    rng = random.Random(4)
    letters = [b for b in range(32, 256) if b not in (34, 44, 127)]
    lines = (
        bytes(rng.choices(letters, k=60)) + b"," + bytes(rng.choices(letters, k=20)) for _ in range(2_000)
    )
    (tmp_path / "v.csv").write_bytes(b"a,b\n" + b"\n".join(lines))
    with pytest.raises(
        DataError, match=r"v\.csv holds no text: .* no words in any other encoding"
    ) as refused:
        read_table("v.csv", tmp_path)
    assert "\n" not in str(refused.value)
