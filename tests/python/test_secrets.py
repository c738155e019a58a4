"""A secret is in no text, no copy and no pickle (rule D-2)."""

import copy
import logging
import pickle

import pytest

from taskloom._secret import Secret, secret

VALUE = "swordfish"


def test_d_02_a_secret_is_revealed_only_by_its_method():
    token = secret(VALUE)
    assert type(token) is Secret
    assert token.reveal() == VALUE


@pytest.mark.parametrize(
    "show", [repr, str, format, "{}".format, "%s".__mod__, lambda s: f"{[s]} {s!r} {s:}", dir], ids=repr
)
def test_d_02_no_text_shows_a_secret(show):
    assert VALUE not in str(show(secret(VALUE)))


def test_d_02_a_secret_has_no_dict_to_look_into():
    with pytest.raises(TypeError):
        vars(secret(VALUE))


def test_d_02_logging_shows_no_secret(caplog):
    logging.getLogger("t").warning("%s %r", secret(VALUE), {"token": secret(VALUE)})
    assert VALUE not in caplog.text
    assert "Secret(...)" in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_d_02_a_secret_is_not_pickled(protocol):
    with pytest.raises(
        TypeError, match="a secret is not pickled\n  hint: bind it as an argument of the task"
    ):
        pickle.dumps({"token": secret(VALUE)}, protocol)


def test_d_02_a_copy_of_what_holds_a_secret_holds_the_same():
    token = secret(VALUE)
    assert copy.deepcopy([token])[0] is copy.copy(token) is token


def test_d_02_a_secret_of_a_secret_is_the_same():
    token = secret(VALUE)
    assert secret(token) is token


def test_d_02_secrets_are_not_compared_by_their_values():
    assert secret(VALUE) != secret(VALUE)
    assert secret(VALUE) != VALUE
