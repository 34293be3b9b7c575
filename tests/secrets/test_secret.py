"""A value that does not show itself."""

import copy
import pickle
import traceback

import msgspec
import pytest

from tarazu.app.secrets.secret import Secret
from tarazu.app.secrets.store import Secrets

VALUE = "6912801b96ae4b35"
TOKEN = Secret(VALUE)


@pytest.mark.parametrize(
    "shown", [repr(TOKEN), str(TOKEN), f"{TOKEN}", f"{TOKEN!r}", f"{TOKEN:>40}", "".join(("", str(TOKEN)))]
)
def test_it_prints_as_stars(shown: str) -> None:
    assert shown.strip() == "***"


def test_it_is_revealed_to_who_asks() -> None:
    assert TOKEN.reveal() == VALUE


def test_neither_pickle_nor_msgspec_writes_it_down() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(TOKEN)
    with pytest.raises(TypeError):
        msgspec.json.encode({"token": TOKEN})
    assert VALUE not in repr(Secrets({"KITE_ACCESS_TOKEN": VALUE}))


def test_a_struct_that_holds_it_does_not_show_it() -> None:
    class Holder(msgspec.Struct):
        token: Secret

    assert VALUE not in repr(Holder(TOKEN))
    assert copy.deepcopy(Holder(TOKEN)).token == TOKEN


def test_a_traceback_does_not_show_it() -> None:
    try:
        raise RuntimeError(f"refused with {TOKEN}")
    except RuntimeError as error:
        assert VALUE not in "".join(traceback.format_exception(error))


def test_equal_values_are_equal_and_a_text_is_no_secret() -> None:
    assert Secret(VALUE) == TOKEN and hash(Secret(VALUE)) == hash(TOKEN)
    assert Secret("another") != TOKEN
    assert TOKEN != VALUE
    assert not Secret("")
