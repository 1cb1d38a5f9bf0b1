"""The object store on a real S3 server: bytes come back, and each failure is one clear line."""

import pytest
from pydantic import SecretStr

from dnsanom.errors import (
    BadUseError,
    ObjectGoneError,
    SettingsError,
    StoreAwayError,
    StoreDeniedError,
    StoreEmptyError,
)
from dnsanom.servers.process import free_port
from dnsanom.settings import S3
from dnsanom.store.objects import ObjectStore, split_url

pytestmark = pytest.mark.servers


def test_bytes_come_back_and_are_listed(bucket: ObjectStore) -> None:
    bucket.put("day/a b+ü.csv", b"x" * 5_000_000)
    bucket.put("night/c", b"")
    assert bucket.get("day/a b+ü.csv") == b"x" * 5_000_000
    assert [(info.key, info.size) for info in bucket.list("day/")] == [("day/a b+ü.csv", 5_000_000)]
    assert [info.key for info in bucket.list()] == ["day/a b+ü.csv", "night/c"]
    assert bucket.exists("night/c")
    assert not bucket.exists("night/d")


def test_a_listing_goes_on_past_its_first_page(bucket: ObjectStore) -> None:
    keys = [f"nfcapd.{number:04}" for number in range(7)]
    for key in keys:
        bucket.put(key, b"1")
    assert [info.key for info in bucket.list(page_size=3)] == keys


def test_folder_markers_are_no_exports(bucket: ObjectStore) -> None:
    bucket.put("day/", b"")
    assert list(bucket.list()) == []


def test_the_etag_tells_a_replaced_object(bucket: ObjectStore) -> None:
    bucket.put("a", b"first")
    [before] = bucket.list()
    assert bucket.get("a", before.etag) == b"first"
    bucket.put("a", b"other")
    [after] = bucket.list()
    assert after.etag != before.etag
    with pytest.raises(ObjectGoneError, match="a: removed or replaced since it was listed"):
        bucket.get("a", before.etag)
    with pytest.raises(ObjectGoneError, match="NoSuchKey"):
        bucket.get("never there")


def test_a_missing_bucket_is_named(s3: S3) -> None:
    store = ObjectStore(s3)
    with pytest.raises(StoreEmptyError, match=f"bucket {s3.bucket}: no such bucket"):
        list(store.list())
    with pytest.raises(StoreEmptyError, match=f"bucket {s3.bucket}: a: no such bucket"):
        store.put("a", b"")
    store.ensure_bucket()
    store.ensure_bucket()
    assert list(store.list()) == []


@pytest.mark.parametrize("change", [{"secret_key": SecretStr("wrong")}, {"access_key": SecretStr("NOBODY")}])
def test_wrong_credentials_are_denied(s3: S3, bucket: ObjectStore, change: dict[str, SecretStr]) -> None:
    store = ObjectStore(s3.model_copy(update=change))
    for call in (lambda: list(store.list()), lambda: store.get("a"), lambda: store.exists("a")):
        with pytest.raises(
            StoreDeniedError, match=r"^http.*: access denied .*DNSANOM_S3_SECRET_KEY"
        ) as error:
            call()
        assert "wrong" not in str(error.value)
        assert error.value.exit_code == 1


def test_a_closed_port_is_a_store_away(s3: S3) -> None:
    store = ObjectStore(s3.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"}))
    with pytest.raises(StoreAwayError, match=rf"^http://127\.0\.0\.1:\d+: bucket {s3.bucket}: .*make up"):
        list(store.list())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": None, "access_key": None, "secret_key": None}, "not set up; run `make up`"),
        (
            {"access_key": None, "secret_key": None},
            "DNSANOM_S3_ACCESS_KEY and DNSANOM_S3_SECRET_KEY: not set",
        ),
        ({"secret_key": None}, "object store: DNSANOM_S3_SECRET_KEY: not set"),
        ({"endpoint": "127.0.0.1:8333"}, "DNSANOM_S3_ENDPOINT: '127.0.0.1:8333': Invalid endpoint"),
    ],
)
def test_settings_that_name_no_store_say_what_is_missing(s3: S3, change: dict[str, None], words: str) -> None:
    with pytest.raises(SettingsError) as error:
        ObjectStore(s3.model_copy(update=change))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_credentials_without_an_endpoint_mean_aws(s3: S3) -> None:
    assert ObjectStore(s3.model_copy(update={"endpoint": None})).where == f"AWS: bucket {s3.bucket}"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://netflow", ("netflow", "")),
        ("s3://netflow/", ("netflow", "")),
        ("s3://netflow/router1/2026/", ("netflow", "router1/2026/")),
        ("s3://netflow/a?b#c", ("netflow", "a?b#c")),
    ],
)
def test_s3_urls_are_split(url: str, parts: tuple[str, str]) -> None:
    assert split_url(url) == parts


@pytest.mark.parametrize("url", ["netflow/a", "s3:///a", "https://netflow/a"])
def test_other_urls_are_bad_use(url: str) -> None:
    with pytest.raises(BadUseError, match="not an S3 address"):
        split_url(url)
