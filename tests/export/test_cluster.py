"""What an API server refuses, refused here: each of these was seen refused by kube-apiserver."""

from __future__ import annotations

import pytest

from procman.errors import ProcmanError
from procman.export import cluster
from procman.export.kubernetes import make_manifests
from tests.export.apps import CRON, WEB, make_app


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "web-", "1web", "", "a" * 64, "wéb"])
def test_a_name_that_is_no_dns_label_is_refused(name: str) -> None:
    with pytest.raises(ProcmanError, match="the name"):
        cluster.label(name)


def test_underscores_and_capitals_are_folded_as_buildpacks_do() -> None:
    app = make_app(WEB._replace(name="Web_API"))
    assert cluster.folded_types(app) == {"Web_API": "web-api"}


def test_two_types_that_fold_to_one_name_are_refused() -> None:
    app = make_app(WEB._replace(name="web_a"), WEB._replace(name="web-A"))
    with pytest.raises(ProcmanError, match="web_a and web-A would both be called web-a"):
        cluster.folded_types(app)


def test_a_cron_job_has_52_characters_for_its_name() -> None:
    long = CRON._replace(name="cron-" + "x" * 43)
    assert make_manifests(make_app(long, name="app"))
    with pytest.raises(ProcmanError, match="has 53 characters, there it may have 52"):
        make_manifests(make_app(long, name="apps"))


def test_a_deployment_has_63_characters_for_its_name() -> None:
    with pytest.raises(ProcmanError, match="there it may have 63"):
        make_manifests(make_app(WEB._replace(name="w" * 60)))


@pytest.mark.parametrize("number", [0, 65_536, 70_000])
def test_a_port_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ProcmanError, match="ports are 1 to 65535"):
        make_manifests(make_app(WEB._replace(port=number)))


def test_a_size_is_a_quantity_in_units_of_1024() -> None:
    sizes = {512 * 2**20: "512Mi", 2 * 2**30: "2Gi", 5000 * 2**10: "5000Ki", 10_000_000: "10000000"}
    assert {size: cluster.quantity(size, "web") for size in sizes} == sizes
    with pytest.raises(ProcmanError, match="a container needs 4Mi at least"):
        cluster.quantity(512, "web")


def test_keys_and_amount_of_a_config_map_are_looked_at() -> None:
    with pytest.raises(ProcmanError, match="can't be a key of a ConfigMap"):
        cluster.config_data({"A B": "x"}, "ConfigMap")
    with pytest.raises(ProcmanError, match="a Secret holds 1048576"):
        cluster.config_data({"A": "x" * 1_048_576}, "Secret")


@pytest.mark.parametrize("name", ["", "my app", "UPPER/x y", "x:", "x@sha256:12", "-x", "x\ny"])
def test_what_is_no_image_name_is_refused(name: str) -> None:
    with pytest.raises(ProcmanError, match="is no image name"):
        cluster.image(name)


@pytest.mark.parametrize(
    "name", ["shop", "shop:1.4", "localhost:5000/team/shop:latest", f"r.example.com/a_b/c@sha256:{'0' * 64}"]
)
def test_usual_image_names_pass(name: str) -> None:
    assert cluster.image(name) == name
