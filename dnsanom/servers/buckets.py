"""The buckets that the stack needs, in a store that it runs itself."""

from dnsanom.settings import S3


def make(s3: S3) -> None:
    """Create the buckets of exports and of DVC unless they are there. Raises StoreError."""
    # boto3 takes a while to import, and only this needs it.
    from dnsanom.store.objects import ObjectStore

    for bucket in (s3.bucket, s3.dvc_bucket):
        ObjectStore(s3.model_copy(update={"bucket": bucket})).ensure_bucket()
