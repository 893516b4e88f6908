"""The encoders keep what a recurrent layer promises, and each check catches one that does not."""

import numpy as np
import pytest

from seqkit.encoders import EncoderConfig
from seqkit.plugins import create_encoder, default_host
from seqkit.testing import LAYER_CHECKS, CheckCase, check_layer, layer_checks
from tests.testing.broken_layers import BROKEN, Layer

NAMES = [check.name for check in LAYER_CHECKS]


def by_status(records, status):
    return {record.name: record.reason for record in records if record.status == status}


def test_every_check_has_a_layer_that_it_must_catch():
    assert sorted(BROKEN) == sorted(NAMES)


@pytest.mark.parametrize("options", [{}, {"layers": 2, "bidirectional": False}])
@pytest.mark.parametrize("name", [spec.name for spec in default_host().encoders()])
def test_the_encoders_keep_the_contract(name, options):
    config = EncoderConfig(encoder=name, units=4, **options)

    def make(features, *, rng, dtype):
        return create_encoder(config, features, rng=rng, dtype=dtype)

    records = check_layer(make)
    assert [record.name for record in records] == NAMES
    assert by_status(records, "failed") == {}
    looks_ahead = make(3, rng=np.random.default_rng(0), dtype=np.float64).output_features == 8
    assert bool(by_status(records, "skipped")) == looks_ahead


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_layer_fails_its_check_and_no_other(name):
    failed = by_status(check_layer(BROKEN[name]), "failed")
    assert list(failed) == [name], failed


def test_excuses():
    records = check_layer(Layer, excused={"state-goes-on": "reads from both ends"})
    assert by_status(records, "skipped") == {"state-goes-on": "excused: reads from both ends"}
    with pytest.raises(ValueError, match="there is no check"):
        check_layer(Layer, excused={"state": "?"})


@layer_checks(Layer, excused={"state-goes-on": "shown to be skipped"})
def test_one_test_a_check(check: CheckCase):
    check()
