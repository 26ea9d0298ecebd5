"""The reported figure is a level for what it can be laid beside, and for nothing else."""

import pytest

from common.commands.order import check_weights
from common.errors import UserError
from common.run.reported import reported_levels
from common.run.run_folder import RunFolder


def test_a_reported_fid_is_of_its_protocol_and_of_cifar10_alone():
    reported = {"reported_fid": 69.09, "reported_protocol": "writeup"}
    assert reported_levels(reported | {"data": {"name": "cifar10"}}) == {"writeup": 69.09}
    for other in ({"data": {"name": "photos"}}, {"data": {"name": "cifar10:cat"}}, {"reported_protocol": ""}):
        assert reported_levels(reported | other) == {}


def test_a_run_does_not_go_on_with_figures_by_other_weights(tmp_path):
    run = RunFolder(tmp_path)
    check_weights(run, {"cifar": {"weights_sha256": "b" * 64}})  # it begins
    run.write_config({"family": "dcgan", "recipe": "bendale", "settings": {}, "metrics":
                      {"cifar": {"weights_sha256": "a" * 64}, "older": {}}})  # fmt: skip
    check_weights(run, {"cifar": {"weights_sha256": "a" * 64}, "older": {"weights_sha256": "c" * 64}})
    with pytest.raises(UserError, match="those of cifar are aaaaaaaa there and bbbbbbbb here"):
        check_weights(run, {"cifar": {"weights_sha256": "b" * 64}})
