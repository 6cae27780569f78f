"""`make check-k8s` says what it lacks, and its spoiled objects are spoiled copies of ours."""

from pathlib import Path

from paymesh_local.cluster import definitions
from paymesh_local.cluster.parts import Parts
from paymesh_local.cluster.spoiled import spoiled
from paymesh_local.manifests import BASE, OF_OTHERS, rendered_here


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    absent = Parts.kept_in(tmp_path).absent()
    assert {"kube-apiserver", "the definitions of operators' kinds"} <= set(absent)


def test_half_of_the_definitions_is_not_all(tmp_path: Path) -> None:
    for name in sorted(definitions.FILES)[1:]:
        (tmp_path / name).touch()
    assert not definitions.complete(tmp_path)
    for name in definitions.FILES:
        (tmp_path / name).touch()
    assert definitions.complete(tmp_path)


def test_each_kind_of_an_operator_is_defined() -> None:
    defined = {name.removesuffix(".yaml").rpartition("_")[2] for name in definitions.FILES}
    assert {f"{kind.lower()}s" for kind in OF_OTHERS} == defined


def test_each_spoiled_object_is_of_a_kind_of_ours() -> None:
    """Otherwise it would be refused for being unknown."""
    base = list(rendered_here(BASE))
    ours = {each["kind"] for each in base} | OF_OTHERS.keys()
    made = list(spoiled(base))
    assert len(made) == 10
    assert {each["kind"] for one in made for each in one.documents} <= ours
