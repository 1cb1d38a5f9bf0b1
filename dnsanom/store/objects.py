"""Objects of an S3 store, by boto3: any endpoint, path-style addresses, errors on one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as boto
from botocore.config import Config

from dnsanom.errors import (
    BadUseError,
    NoBucketError,
    ObjectGoneError,
    SettingsError,
    StoreAwayError,
    StoreDeniedError,
    StoreError,
    one_line,
)
from dnsanom.settings import S3
from dnsanom.store.export import ObjectInfo

#: Codes of S3 stores, and the bare HTTP status where a HEAD has no body.
_DENIED = {
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "401",
    "403",
}
_NO_BUCKET = {"NoSuchBucket"}
_GONE = {"NoSuchKey", "404"}
_CHANGED = {"PreconditionFailed", "412"}
#: What a store that is there but can't answer says, after the retries.
_BUSY = {"InternalError", "ServiceUnavailable", "SlowDown", "500", "502", "503", "504"}


class ObjectStore:
    """One bucket. Raises StoreAwayError, StoreDeniedError, StoreEmptyError or StoreError; safe in threads."""

    def __init__(self, s3: S3) -> None:
        """Make the client; nothing is asked yet. Raises SettingsError if endpoint or keys are missing."""
        self.bucket = s3.bucket
        self.where = f"{s3.endpoint or 'AWS'}: bucket {s3.bucket}"
        self._client = _client(s3)

    def ensure_bucket(self) -> None:
        """Create the bucket unless it is there."""
        with self._errors():
            try:
                self._client.head_bucket(Bucket=self.bucket)
            except boto.ClientError as error:
                if _code(error) != "404":
                    raise
                self._client.create_bucket(Bucket=self.bucket, **self._location())

    def list(self, prefix: str = "", page_size: int = 1000) -> Iterator[ObjectInfo]:
        """Objects under the prefix in the store's order, page by page; folder markers are no objects here.

        Raises StoreEmptyError if there is no such bucket; an empty prefix yields nothing.
        """
        lister = self._client.get_paginator("list_objects_v2")
        limit = {"PageSize": page_size}
        pages = lister.paginate(Bucket=self.bucket, Prefix=prefix, PaginationConfig=limit)
        with self._errors():
            for page in pages:
                for item in page.get("Contents", ()):
                    if item["Size"] or not item["Key"].endswith("/"):
                        yield _info(item)

    def get(self, key: str, etag: str | None = None) -> bytes:
        """The object's bytes, whole. Raises ObjectGoneError if it is gone or no longer has the given ETag."""
        condition = {} if etag is None else {"IfMatch": f'"{etag}"'}
        with self._errors(key):
            body = self._client.get_object(Bucket=self.bucket, Key=key, **condition)["Body"]
            return bytes(body.read())

    def put(self, key: str, data: bytes) -> None:
        """Store the bytes as the object."""
        with self._errors(key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def exists(self, key: str) -> bool:
        """Whether there is an object with this key."""
        with self._errors(key):
            try:
                self._client.head_object(Bucket=self.bucket, Key=key)
            except boto.ClientError as error:
                if _code(error) in _GONE:
                    return False
                raise
        return True

    def _location(self) -> dict[str, Any]:
        region = self._client.meta.region_name
        if region == "us-east-1":
            return {}
        return {"CreateBucketConfiguration": {"LocationConstraint": region}}

    @contextmanager
    def _errors(self, key: str | None = None) -> Iterator[None]:
        """Turn botocore's errors into ours: endpoint, bucket, object, and what to do."""
        where = self.where if key is None else f"{self.where}: {key}"
        try:
            yield
        except boto.ClientError as error:
            raise _client_error(where, error) from error
        except (boto.ConnectionError, boto.HTTPClientError, boto.IncompleteReadError) as error:
            what = (
                "does not answer; start it (`make up` starts the embedded one) or check DNSANOM_S3_ENDPOINT"
            )
            raise StoreAwayError(f"{where}: the store {what} ({type(error).__name__})") from error
        except (boto.BotoCoreError, ValueError) as error:
            raise StoreError(f"{where}: {one_line(error)}") from error


def split_url(url: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`. Raises BadUseError."""
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise BadUseError(f"{url}: not an S3 address; give s3://BUCKET/PREFIX")
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc, parts.path.removeprefix("/") + query


def _client(s3: S3) -> Any:
    access_key, secret_key = _keys(s3)
    config = Config(
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=3,
        read_timeout=30,
        max_pool_connections=16,
        # Checksums that only AWS itself is sure to know are left out.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=s3.endpoint,
            region_name=s3.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
    except ValueError as error:
        raise SettingsError(f"DNSANOM_S3_ENDPOINT: {s3.endpoint!r}: {one_line(error)}") from error


def _keys(s3: S3) -> tuple[str, str]:
    """Both keys. Keys without an endpoint mean AWS itself; an endpoint without keys means a mistake."""
    if s3.access_key is not None and s3.secret_key is not None:
        return s3.access_key.get_secret_value(), s3.secret_key.get_secret_value()
    keys = {"DNSANOM_S3_ACCESS_KEY": s3.access_key, "DNSANOM_S3_SECRET_KEY": s3.secret_key}
    missing = [name for name, key in keys.items() if key is None]
    if s3.endpoint is None and len(missing) == len(keys):
        what = f"DNSANOM_S3_ENDPOINT, {' and '.join(keys)}"
        raise SettingsError(f"object store: not set up; run `make up` for the embedded one, or set {what}")
    raise SettingsError(f"object store: {' and '.join(missing)}: not set; a store needs both keys")


def _client_error(where: str, error: boto.ClientError) -> StoreError:
    code, answer = _code(error), one_line(error)
    if code in _DENIED:
        what = "check DNSANOM_S3_ACCESS_KEY, DNSANOM_S3_SECRET_KEY and the bucket's policy"
        return StoreDeniedError(f"{where}: access denied ({code}); {what}")
    if code in _NO_BUCKET:
        return NoBucketError(f"{where}: no such bucket; create it or set DNSANOM_S3_BUCKET")
    if code in _GONE | _CHANGED:
        return ObjectGoneError(f"{where}: removed or replaced since it was listed ({code})")
    if code in _BUSY:
        return StoreAwayError(f"{where}: the store can't answer now: {answer}")
    return StoreError(f"{where}: {answer}")


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _info(item: dict[str, Any]) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["ETag"].strip('"'), item["Size"], item["LastModified"])
