"""The reported figure is a level for what it can be laid beside, and for nothing else."""

from common.run.reported import reported_levels


def test_a_reported_fid_is_of_its_protocol_and_of_cifar10_alone():
    reported = {"reported_fid": 69.09, "reported_protocol": "writeup"}
    assert reported_levels(reported | {"data": {"name": "cifar10"}}) == {"writeup": 69.09}
    for other in ({"data": {"name": "photos"}}, {"data": {"name": "cifar10:cat"}}, {"reported_protocol": ""}):
        assert reported_levels(reported | other) == {}
