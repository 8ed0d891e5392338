"""An S3 server of our own on loopback (moto's), and a bucket for each test that asks for one."""

import functools
import secrets
from collections.abc import Iterator

import pytest

S3_ACCESS_KEY, S3_SECRET_KEY = "AKIA" + "K" * 16, "s3cr3t" * 6
# For a module whose tests hold wherever the bytes of files are.
both_storages = pytest.mark.parametrize("files_url", ["folder", "s3"], indirect=True)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server."""
    from moto.server import ThreadedMotoServer

    share_botocore_models()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def share_botocore_models() -> None:
    """Let all clients share what botocore reads: each would parse megabytes of JSON for a fifth of a second."""
    import botocore.session

    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket; the environment says where its server is, and with which key."""
    import boto3

    for name, value in {
        "ACCESS_KEY_ID": S3_ACCESS_KEY,
        "SECRET_ACCESS_KEY": S3_SECRET_KEY,
        "ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    made = f"essais-{secrets.token_hex(6)}"
    boto3.client("s3").create_bucket(Bucket=made)
    return made


def create_bucket_settings(server: str, name: str) -> dict[str, str]:
    """A new bucket of this name, for sites in processes of their own: what their environment says of it."""
    import boto3

    asking = {"aws_access_key_id": S3_ACCESS_KEY, "aws_secret_access_key": S3_SECRET_KEY, "endpoint_url": server}
    boto3.client("s3", region_name="us-east-1", **asking).create_bucket(Bucket=name)
    keys = {"AWS_ACCESS_KEY_ID": S3_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": S3_SECRET_KEY, "AWS_ENDPOINT_URL": server}
    return keys | {"HFCOURSE_FILES_URL": f"s3://{name}/essais"}


def list_object_keys(bucket: str) -> list[str]:
    """The keys of all objects in it."""
    import boto3

    return [each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.fixture
def files_url(request: pytest.FixtureRequest) -> str:
    """Where the site of a test keeps files: in its folder, unless `both_storages` asks for the other."""
    if getattr(request, "param", "folder") == "folder":
        return ""
    return f"s3://{request.getfixturevalue('bucket')}/sous/dossier"
