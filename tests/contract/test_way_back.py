"""The code in docs/hosted-page.md tells our links from others', in each language there is here."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

DOCUMENT: Final = Path("docs/hosted-page.md").read_text()
SECRET: Final = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
GIVEN: Final = re.search(r"the signature is\n`([^`]+)`", DOCUMENT)
QUERY: Final = {
    "merchant_order_no": "W2026-001",
    "payment_no": "P01JD0000000000000000000000",
    "status": "succeeded",
    "timestamp": "1764316800",
    "signature": GIVEN.group(1) if GIVEN else "",
}
CASES: Final = [
    QUERY,
    {**QUERY, "status": "failed"},
    {**QUERY, "signature": ""},
    {**QUERY, "signature": "x" + QUERY["signature"][1:]},
]
JSON: Final = json.dumps([CASES, SECRET])
RUNS: Final = {
    "python": (
        [sys.executable, "-c"],
        f"{{code}}\nimport json\ncases, secret = json.loads({JSON!r})\n"
        "print(json.dumps([is_ours(each, secret) for each in cases]))",
    ),
    "javascript": (
        ["node", "-e"],
        f"{{code}}\nconst [cases, secret] = {JSON};\n"
        "console.log(JSON.stringify(cases.map((each) => isOurs(each, secret))))",
    ),
    "php": (
        ["php", "-r"],
        f"{{code}}\n[$cases, $secret] = json_decode({JSON!r}, true);\n"
        "echo json_encode(array_map(fn($each) => is_ours($each, $secret), $cases));",
    ),
}

IN_JAVA: Final = """
public class Shown {{
    {code}

    public static void main(String[] asked) throws Exception {{
        var names = "merchant_order_no payment_no status timestamp signature".split(" ");
        for (int first = 1; first < asked.length; first += names.length) {{
            var query = new java.util.HashMap<String, String>();
            for (int i = 0; i < names.length; i++) query.put(names[i], asked[first + i]);
            System.out.println(isOurs(query, asked[0]));
        }}
    }}
}}
"""
IN_GO: Final = """package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"strings"
)

{code}
func main() {{
	names := strings.Fields("merchant_order_no payment_no status timestamp signature")
	for asked := os.Args[2:]; len(asked) > 0; asked = asked[len(names):] {{
		query := url.Values{{}}
		for i, name := range names {{
			query.Set(name, asked[i])
		}}
		fmt.Println(isOurs(query, os.Args[1]))
	}}
}}
"""
COMPILED: Final = {
    "java": (["java"], "Shown.java", IN_JAVA),
    "go": (["go", "run"], "shown.go", IN_GO),
}


@pytest.mark.parametrize("language", [each for each in COMPILED if shutil.which(each)])
def test_the_documented_code_that_is_compiled_tells_them_too(language: str, tmp_path: Path) -> None:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    command, name, program = COMPILED[language]
    (tmp_path / name).write_text(program.format(code=found.group(1)))
    asked = [value for case in CASES for value in case.values()]
    ran = subprocess.run(
        [*command, str(tmp_path / name), SECRET, *asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert ran.stdout.split() == ["true", "false", "false", "false"]


@pytest.mark.parametrize("language", [each for each in RUNS if shutil.which(RUNS[each][0][0])])
def test_the_documented_code_tells_our_links_from_others(language: str) -> None:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    command, program = RUNS[language]
    text = program.replace("{code}", found.group(1))
    ran = subprocess.run([*command, text], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(ran.stdout) == [True, False, False, False]
