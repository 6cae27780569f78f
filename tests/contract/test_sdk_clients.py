"""What `make sdks` generates reads answers of today and of later; where the generator is here."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from paymesh_local.sdk_clients import CLIENTS, GENERATOR, generate

GOLDEN: Final = Path(__file__).parent / "golden"
FETCHED: Final = Path.home().joinpath(".m2", "repository", "org", "openapitools")
JAR: Final = FETCHED.joinpath(
    *GENERATOR.split(":")[1:], "-".join(GENERATOR.split(":")[1:]) + ".jar"
)
LIMIT_S: Final = 240

READ: Final = """
package paymesh

import (
	"encoding/json"
	"os"
	"testing"
)

func TestEveryAnswerIsRead(t *testing.T) {
	text, _ := os.ReadFile("answers.json")
	var answers []struct {
		Type   string
		Answer json.RawMessage
	}
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatal(err)
	}
	for _, each := range answers {
		var payment PaymentView
		if err := json.Unmarshal(each.Answer, &payment); err != nil {
			t.Errorf("%s: %v", each.Type, err)
		} else if action := payment.GetAction(); action.Type != each.Type {
			t.Errorf("%s: %+v", each.Type, action)
		}
	}
}
"""


def needs(*tools: str) -> pytest.MarkDecorator:
    absent = [tool for tool in tools if shutil.which(tool) is None]
    absent += [] if JAR.exists() else [JAR.name]
    return pytest.mark.skipif(bool(absent), reason=f"no {', '.join(absent)} here")


def answers() -> Iterator[dict[str, Any]]:
    payment: dict[str, Any] = json.loads((GOLDEN / "payment.json").read_text())
    url, params = "https://pay.example/go", {"appId": "wx1", "paySign": "s"}
    actions: tuple[dict[str, Any], ...] = (
        {"type": "qr_code", "qr_code": "weixin://x"},
        {"type": "redirect", "url": url},
        {"type": "form", "url": url, "method": "POST", "fields": {"biz": "1"}},
        {"type": "jsapi", "params": params},
        {"type": "app", "params": params},
        {"type": "none"},
        {"type": "a_later_kind", "light": {"of": 1}},
    )
    for each in actions:
        yield {**payment, "action": each}
    action = {"type": "form", "url": url, "method": "PUT", "fields": {}, "later": True}
    yield {**payment, "action": action, "method": "by_light", "status": "later", "later": [1]}


def generated(language: str, out: Path) -> Path:
    (client,) = (each for each in CLIENTS if each.language == language)
    return generate(JAR, client, out)


@needs("java", "go")
def test_the_client_for_go_reads_every_action_and_what_comes_later(tmp_path: Path) -> None:
    place = generated("go", tmp_path)
    asked = [{"type": each["action"]["type"], "answer": each} for each in answers()]
    (place / "answers.json").write_text(json.dumps(asked))
    (place / "answers_test.go").write_text(READ)
    done = subprocess.run(
        ("go", "test", "."),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs("java", "javac")
def test_the_client_for_java_compiles_the_signer_that_is_laid_in_it(tmp_path: Path) -> None:
    place = generated("java", tmp_path)
    (level,) = re.findall("<maven.compiler.source>(.+?)<", (place / "pom.xml").read_text())
    signer = place / "src" / "main" / "java" / "paymesh" / "Paymesh.java"
    command = ("javac", "--release", level, "-d", str(tmp_path), str(signer))
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
