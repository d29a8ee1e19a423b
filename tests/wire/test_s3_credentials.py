"""Where the S3 drivers get short-lived credentials from, and that they renew them."""

import contextlib
import json
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest

from wire.drivers import Drivers
from wire.s3 import fault, opened
from wire.scripted import Answer, Scripted

STORED = Answer(headers={"ETag": '"E1"'})


def after(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(value, status=200):
    return Answer(status, json.dumps(value).encode() if not isinstance(value, str) else value.encode())


def aws_json(number=1, seconds=3600):
    return {
        "Code": "Success",
        "AccessKeyId": f"ID{number}",
        "SecretAccessKey": "S3CR3T",
        "Token": f"TOKEN{number}",
        "Expiration": after(seconds),
    }


def sts_xml(seconds=3600):
    return answer(
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ID1</AccessKeyId>"
        "<SecretAccessKey>S3CR3T</SecretAccessKey><SessionToken>TOKEN1</SessionToken>"
        f"<Expiration>{after(seconds)}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
        "</AssumeRoleWithWebIdentityResponse>"
    )


@contextlib.contextmanager
def running(environment=None):
    process = Drivers({key: str(value) for key, value in (environment or {}).items()})
    try:
        yield process
        assert not any("S3CR3T" in line for line in process.log)
    finally:
        process.close()


def put(drivers, server, driver="minio", store="a", type_="iam", **config):
    """Opens a store without keys of its own and puts an object; the headers with which that was asked for."""
    none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": type_}
    opened(drivers, server, driver=driver, store=store, **none, **config)
    drivers.ok("put", store=store, key="k", data=b"1")
    return server.asked[-1].headers


def refused(wanted, environment, driver="minio", type_="iam", **config):
    none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": type_}
    with running(environment) as drivers, Scripted() as server:
        opened(drivers, server, driver=driver, **none, **config)
        error = drivers.fails(wanted, "put", store="a", key="k", data=b"1")
        assert server.asked == []
    assert "S3CR3T" not in error["message"]
    return error["message"]


def assert_signed_by(headers, name="ID1", token="TOKEN1"):
    assert f"Credential={name}/" in headers["authorization"]
    assert headers.get("x-amz-security-token") == token


def endpoint(server):
    return f"http://127.0.0.1:{server.port}"


# -------------------------------------------------------------------------------------------------------------- Amazon


@pytest.mark.parametrize("driver", ["minio", "s3"])
def test_environment(driver):
    keys = {"AWS_ACCESS_KEY_ID": "ID1", "AWS_SECRET_ACCESS_KEY": "S3CR3T", "AWS_SESSION_TOKEN": "TOKEN1"}
    with running(keys) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, driver, type_="default"))


def test_refused_keys_of_the_environment_are_told_as_such():
    keys = {"AWS_ACCESS_KEY_ID": "ID1", "AWS_SECRET_ACCESS_KEY": "S3CR3T"}
    none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": "default"}
    with running(keys) as drivers, Scripted(rule=lambda asked: fault(403, "InvalidAccessKeyId")) as server:
        opened(drivers, server, **none)
        error = drivers.fails("unauthenticated", "get", store="a", key="k")
    assert "AWS_ACCESS_KEY_ID" in error["message"] and "auth.accessKeyID" not in error["message"]


@pytest.mark.parametrize("profile, wanted", [(None, ("ID1", None)), ("other", ("ID2", "TOKEN2"))])
def test_shared_file(tmp_path, profile, wanted):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "# mine\n[default]\naws_access_key_id = ID1\naws_secret_access_key=S3CR3T\n\n"
        "[ other ]\r\n aws_access_key_id=ID2 \r\naws_secret_access_key = S3CR3T\naws_session_token=TOKEN2\n"
    )
    environment = {"HOME": tmp_path, **({"AWS_PROFILE": profile} if profile else {})}
    with running(environment) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, type_="default"), *wanted)


def test_a_profile_that_is_not_there(tmp_path):
    path = tmp_path / "keys"
    path.write_text("[default]\naws_access_key_id=ID1\n")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": path, "AWS_PROFILE": "none"}
    assert "profile 'none'" in refused("config", environment, type_="default")
    assert "profile 'default'" in refused("config", {"AWS_SHARED_CREDENTIALS_FILE": path}, type_="default")
    assert "/no/file" in refused("config", {"AWS_SHARED_CREDENTIALS_FILE": "/no/file"}, type_="default")


def test_web_identity(tmp_path):
    (tmp_path / "token").write_text("JWT+/=\n")
    environment = {"AWS_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"}
    with running(environment) as drivers, Scripted(sts_xml()) as sts, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(sts) + "/"}))
    (asked,) = sts.asked
    assert (asked.method, asked.target) == ("POST", "/")
    assert dict(parse_qsl(asked.body.decode())) == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::1:role/r",
        "RoleSessionName": "milvus-backup",
        "WebIdentityToken": "JWT+/=",
    }


def test_sts_is_reached_by_the_proxy_that_is_given(tmp_path):
    (tmp_path / "token").write_text("JWT")
    environment = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token",
        "AWS_ROLE_ARN": "r",
        "AWS_ENDPOINT_URL_STS": "http://sts.test",
    }
    with running(environment) as drivers, Scripted(sts_xml(), STORED) as proxy:
        headers = put(drivers, proxy, address="minio.test", port=80, proxy=endpoint(proxy))
    assert_signed_by(headers)
    assert [asked.target for asked in proxy.asked] == ["http://sts.test/", "http://minio.test/b/k"]


def test_no_proxy_leads_to_a_service_of_this_machine():
    with Scripted(answer(aws_json())) as service, Scripted(STORED) as proxy:
        with running({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint(service)}/creds"}) as drivers:
            assert_signed_by(put(drivers, proxy, address="minio.test", port=80, proxy=endpoint(proxy)))
        assert [asked.target for asked in service.asked] == ["/creds"]
        assert [asked.target for asked in proxy.asked] == ["http://minio.test/b/k"]


def test_web_identity_comes_before_the_shared_file_and_after_the_environment(tmp_path):
    (tmp_path / "token").write_text("JWT")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id=F\naws_secret_access_key=S3CR3T\n")
    with Scripted(sts_xml(), sts_xml()) as sts, Scripted(STORED, STORED) as server:
        environment = {
            "HOME": tmp_path,
            "AWS_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token",
            "AWS_ENDPOINT_URL_STS": endpoint(sts),
        }
        with running(environment) as drivers:
            assert_signed_by(put(drivers, server, type_="default"))
        environment |= {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S3CR3T"}
        with running(environment) as drivers:
            assert_signed_by(put(drivers, server, type_="default"), "E", None)


@pytest.mark.parametrize(
    "reply, wanted, says",
    [
        (Answer(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"), "unauthenticated", "AccessDenied"),
        (Answer(503), "unavailable", "503"),
        (Answer(400, b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"), "throttled", "400"),
        (Answer(400, b"<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>"), "unavailable", "400"),
        (Answer(200, b"<html/>"), "protocol", "no credential"),
        (Answer(200, b"not xml"), "protocol", "XML"),
        (answer(sts_xml().body.decode().replace("<Expiration>", "<Expiration>x")), "protocol", "expiry"),
    ],
)
def test_sts_that_does_not_give_one(tmp_path, reply, wanted, says):
    (tmp_path / "token").write_text("JWT")
    environment = {"AWS_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token", "AWS_ROLE_ARN": "r"}
    with Scripted(reply) as sts:
        message = refused(wanted, environment, **{"auth.endpoint": endpoint(sts)})
    assert says in message and "STS by web identity" in message


def test_a_token_file_that_is_empty_or_missing(tmp_path):
    (tmp_path / "token").write_text(" \n")
    for path, says in ((tmp_path / "token", "is empty"), (tmp_path / "none", "none")):
        assert says in refused("config", {"AWS_WEB_IDENTITY_TOKEN_FILE": path}, **{"auth.endpoint": "http://127.0.0.1:1"})


def test_container():
    environment = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/creds?id=1", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "T"}
    with running(environment) as drivers, Scripted(answer(aws_json())) as service, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(service)}))
    assert service.asked[0].target == "/v2/creds?id=1" and service.asked[0].headers["authorization"] == "T"


def test_pod_identity(tmp_path):
    (tmp_path / "token").write_text("FILETOKEN\n")
    with Scripted(answer(aws_json())) as service, Scripted(STORED) as server:
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint(service) + "/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": tmp_path / "token",
        }
        with running(environment) as drivers:
            assert_signed_by(put(drivers, server))
    assert service.asked[0].target == "/v1/credentials" and service.asked[0].headers["authorization"] == "FILETOKEN"


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.com/",
        "http://169.254.170.2.example.com/",
        "ftp://127.0.0.1/",
        "http://localhosts/",
        "http://127.0.0.1.test/",
        "http://localhost:1@a.test/",
    ],
)
def test_the_token_of_a_container_goes_nowhere_else(uri):
    environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "S3CR3T"}
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in refused("config", environment)


def test_instance():
    replies = [answer("SESSION"), answer("my-role\n"), answer(aws_json())]
    with running() as drivers, Scripted(*replies) as service, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(service)}))
    session, roles, role = service.asked
    assert (session.method, session.target) == ("PUT", "/latest/api/token")
    assert session.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert roles.target == "/latest/meta-data/iam/security-credentials/"
    assert role.target == "/latest/meta-data/iam/security-credentials/my-role"
    assert roles.headers["x-aws-ec2-metadata-token"] == role.headers["x-aws-ec2-metadata-token"] == "SESSION"


@pytest.mark.parametrize(
    "driver, variables",
    [
        ("minio", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        ("aliyun", ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"]),
        ("tencent", ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"]),
        ("hwc", ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"]),
    ],
)
def test_iam_passes_over_keys_of_the_environment(driver, variables):
    with Scripted(rule=lambda asked: Answer(404)) as service:
        config = {"address": "store.localhost", "auth.endpoint": endpoint(service)}
        message = refused("unauthenticated", dict.fromkeys(variables, "S3CR3T"), driver, **config)
        assert service.asked
    assert "the instance's metadata service" in message


def test_iam_passes_over_keys_in_a_file(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id=F\naws_secret_access_key=S3CR3T\n")
    with Scripted(rule=lambda asked: Answer(404)) as service:
        message = refused("unauthenticated", {"HOME": tmp_path}, **{"auth.endpoint": endpoint(service)})
    assert "the instance's metadata service" in message


def test_instance_of_the_first_version():
    replies = [Answer(404), answer("my-role"), answer(aws_json())]
    with Scripted(*replies) as service, Scripted(STORED) as server:
        with running({"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint(service)}) as drivers:
            assert_signed_by(put(drivers, server))
    assert "x-aws-ec2-metadata-token" not in service.asked[1].headers


@pytest.mark.parametrize(
    "replies, wanted, says",
    [
        ([answer("S"), Answer(404)], "unauthenticated", "no role"),
        ([answer("S"), answer("")], "unauthenticated", "no role"),
        ([answer("S"), answer("r"), answer({"Code": "AssumeRoleUnauthorizedAccess"})], "unauthenticated", "AssumeRole"),
        ([answer("S"), answer("r"), answer("<html>")], "protocol", "JSON"),
        ([answer("S"), answer("r"), answer({**aws_json(), "Expiration": "tomorrow"})], "protocol", "expiry"),
        ([answer("S"), answer("r"), answer({**aws_json(), "AccessKeyId": 7})], "unauthenticated", "no credential"),
        ([Answer(503)], "unavailable", "503"),
    ],
)
def test_instance_that_does_not_give_one(replies, wanted, says):
    with Scripted(*replies) as service:
        assert says in refused(wanted, {}, **{"auth.endpoint": endpoint(service)})


def silent_to_sessions(status, *replies):
    """A metadata service whose answer to the request for a session gets lost."""
    given = list(replies)

    def rule(asked):
        return Answer(200, b"SESSION", wait=8) if asked.method == "PUT" else Answer(status, given.pop(0))

    return rule


def test_instance_whose_session_gets_lost_is_asked_without_one():
    rule = silent_to_sessions(200, b"my-role", answer(aws_json()).body)
    with running() as drivers, Scripted(rule=rule) as service, Scripted(STORED) as server:
        begun = time.monotonic()
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(service)}))
        assert time.monotonic() - begun < 6
    assert [asked.method for asked in service.asked] == ["PUT", "GET", "GET"]
    assert "x-aws-ec2-metadata-token" not in service.asked[1].headers


def test_instance_that_insists_on_a_session_that_gets_lost():
    with Scripted(rule=silent_to_sessions(401, b"")) as service:
        message = refused("unauthenticated", {}, **{"auth.endpoint": endpoint(service)})
    assert "401" in message and "hop limit" in message


def test_no_session_for_want_of_time():
    none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": "iam"}
    with running() as drivers, Scripted(rule=silent_to_sessions(200)) as service, Scripted() as server:
        opened(drivers, server, **none, **{"auth.endpoint": endpoint(service)})
        error = drivers.fails("timeout", "put", store="a", key="k", data=b"1", timeout_ms=500)
        assert error["retryable"] and len(service.asked) == 1


def test_no_metadata_service_at_all():
    with Scripted() as service:
        pass
    message = refused("unauthenticated", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint(service)})
    assert "instance's metadata service" in message
    assert "AWS_EC2_METADATA_DISABLED" in refused("config", {"AWS_EC2_METADATA_DISABLED": "true"})


# ------------------------------------------------------------------------------------------------------------- renewal


def instance_rule(lifetimes):
    """A metadata service that gives one credential after the other, with these lifetimes in seconds."""
    given = []

    def rule(asked):
        if asked.method == "PUT":
            return answer("SESSION")
        if asked.target.endswith("/"):
            return answer("role")
        given.append(asked)
        return answer(aws_json(len(given), lifetimes[min(len(given), len(lifetimes)) - 1]))

    return rule


def test_an_expired_credential_is_renewed_in_the_middle_of_a_request():
    def check(asked):
        return STORED if "Credential=ID2/" in asked.headers["authorization"] else fault(400, "ExpiredToken")

    with running() as drivers, Scripted(rule=instance_rule([3600])) as service, Scripted(rule=check) as server:
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(service)}), "ID2", "TOKEN2")
        assert [asked.body for asked in server.asked] == [b"1", b"1"]
        drivers.ok("put", store="a", key="k", data=b"2")
        assert len(server.asked) == 3


def test_a_credential_that_stays_refused_is_renewed_once():
    with running() as drivers, Scripted(rule=instance_rule([3600])) as service:
        with Scripted(rule=lambda asked: fault(400, "ExpiredToken")) as server:
            none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": "iam"}
            opened(drivers, server, **none, **{"auth.endpoint": endpoint(service)})
            message = drivers.fails("unauthenticated", "put", store="a", key="k", data=b"1")["message"]
            assert len(server.asked) == 2
    assert "instance's metadata service" in message


def test_a_credential_is_renewed_ahead_of_its_expiry():
    with running() as drivers, Scripted(rule=instance_rule([4, 3600])) as service:
        with Scripted(rule=lambda asked: STORED) as server:
            assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(service)}))
            drivers.ok("put", store="a", key="k", data=b"1", threads=8)
            assert len(service.asked) == 3
            time.sleep(4)
            drivers.ok("put", store="a", key="k", data=b"1", threads=8)
            assert_signed_by(server.asked[-1].headers, "ID2", "TOKEN2")
            assert len(service.asked) == 6


# -------------------------------------------------------------------------------------- Aliyun, Tencent, Huawei, Google


def ali_json():
    return {
        "AccessKeyId": "ID1",
        "AccessKeySecret": "S3CR3T",
        "SecurityToken": "TOKEN1",
        "Expiration": after(3600),
        "Code": "Success",
    }


def test_aliyun_environment_and_file(tmp_path):
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "ID1", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S3CR3T"}
    with running(keys) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, "aliyun", type_="default", address="oss.localhost"), token=None)
    (tmp_path / ".aliyun").mkdir()
    profiles = [
        {"name": "a", "mode": "AK", "access_key_id": "no", "access_key_secret": "no"},
        {"name": "b", "mode": "StsToken", "access_key_id": "ID1", "access_key_secret": "S3CR3T", "sts_token": "TOKEN1"},
    ]
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "b", "profiles": profiles}))
    with running({"HOME": tmp_path}) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, "aliyun", type_="default", address="oss.localhost"))


def test_aliyun_role_by_oidc(tmp_path):
    (tmp_path / "token").write_text("JWT")
    environment = {
        "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1:role/r",
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/p",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": tmp_path / "token",
    }
    with running(environment) as drivers, Scripted(answer({"Credentials": ali_json()})) as sts:
        with Scripted(STORED) as server:
            headers = put(drivers, server, "aliyun", address="oss.localhost", **{"auth.endpoint": endpoint(sts)})
    assert_signed_by(headers)
    form = dict(parse_qsl(sts.asked[0].body.decode()))
    assert form.pop("Timestamp") and form.pop("SignatureNonce")
    assert form == {
        "Action": "AssumeRoleWithOIDC",
        "Version": "2015-04-01",
        "Format": "JSON",
        "RoleArn": "acs:ram::1:role/r",
        "OIDCProviderArn": "acs:ram::1:oidc-provider/p",
        "OIDCToken": "JWT",
        "RoleSessionName": "milvus-backup",
    }


def test_aliyun_instance():
    replies = [answer("SESSION"), answer("my-role"), answer(ali_json())]
    with running() as drivers, Scripted(*replies) as service, Scripted(STORED) as server:
        headers = put(drivers, server, "aliyun", address="oss.localhost", **{"auth.endpoint": endpoint(service)})
    assert_signed_by(headers)
    assert service.asked[0].headers["x-aliyun-ecs-metadata-token-ttl-seconds"] == "21600"
    assert service.asked[2].target == "/latest/meta-data/ram/security-credentials/my-role"
    assert service.asked[2].headers["x-aliyun-ecs-metadata-token"] == "SESSION"


def tencent_json():
    return {"Credentials": {"TmpSecretId": "ID1", "TmpSecretKey": "S3CR3T", "Token": "TOKEN1"}, "ExpiredTime": int(time.time()) + 3600}


def test_tencent_role_of_tke(tmp_path):
    (tmp_path / "token").write_text("JWT")
    environment = {
        "TKE_REGION": "ap-guangzhou",
        "TKE_PROVIDER_ID": "oidc-1",
        "TKE_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token",
        "TKE_ROLE_ARN": "qcs::cam::1:r",
    }
    with running(environment) as drivers, Scripted(answer({"Response": tencent_json()})) as sts:
        with Scripted(STORED) as server:
            headers = put(drivers, server, "tencent", address="cos.localhost", **{"auth.endpoint": endpoint(sts)})
    assert_signed_by(headers)
    (asked,) = sts.asked
    assert asked.headers["x-tc-action"] == "AssumeRoleWithWebIdentity" and asked.headers["x-tc-region"] == "ap-guangzhou"
    assert asked.headers["authorization"] == "SKIP"
    assert json.loads(asked.body) == {
        "ProviderId": "oidc-1",
        "WebIdentityToken": "JWT",
        "RoleArn": "qcs::cam::1:r",
        "RoleSessionName": "milvus-backup",
        "DurationSeconds": 7200,
    }
    faults = {
        "InvalidParameter.WebIdentityTokenError": "unauthenticated",
        "RequestLimitExceeded": "throttled",
        "InternalError.DbError": "unavailable",
    }
    for code, wanted in faults.items():
        with Scripted(answer({"Response": {"Error": {"Code": code, "Message": "bad"}}})) as sts:
            config = {"address": "cos.localhost", "auth.endpoint": endpoint(sts)}
            assert code in refused(wanted, environment, "tencent", **config)


def test_tencent_environment_and_instance():
    keys = {"TENCENTCLOUD_SECRET_ID": "ID1", "TENCENTCLOUD_SECRET_KEY": "S3CR3T", "TENCENTCLOUD_TOKEN": "TOKEN1"}
    with running(keys) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, "tencent", type_="default", address="cos.localhost"))
    given = {**tencent_json()["Credentials"], "ExpiredTime": int(time.time()) + 3600, "Code": "Success"}
    with running() as drivers, Scripted(answer("my-role"), answer(given)) as service, Scripted(STORED) as server:
        headers = put(drivers, server, "tencent", address="cos.localhost", **{"auth.endpoint": endpoint(service)})
    assert_signed_by(headers)
    assert service.asked[1].target == "/latest/meta-data/cam/security-credentials/my-role"


def huawei_json():
    return {"credential": {"access": "ID1", "secret": "S3CR3T", "securitytoken": "TOKEN1", "expires_at": after(3600)}}


def test_huawei_environment_and_instance():
    keys = {"HUAWEICLOUD_SDK_AK": "ID1", "HUAWEICLOUD_SDK_SK": "S3CR3T", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "TOKEN1"}
    with running(keys) as drivers, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, "hwc", type_="default", address="obs.localhost"))
    with running() as drivers, Scripted(answer(huawei_json())) as service, Scripted(STORED) as server:
        headers = put(drivers, server, "hwc", address="obs.localhost", **{"auth.endpoint": endpoint(service)})
    assert_signed_by(headers)
    assert service.asked[0].target == "/openstack/latest/securitykey"


def test_huawei_by_identity_token(tmp_path):
    (tmp_path / "token").write_text("JWT")
    environment = {
        "HUAWEICLOUD_SDK_IDP_ID": "idp",
        "HUAWEICLOUD_SDK_ID_TOKEN_FILE": tmp_path / "token",
        "HUAWEICLOUD_SDK_PROJECT_ID": "p1",
    }
    replies = [Answer(201, b"{}", {"X-Subject-Token": "SUBJECT"}), answer(huawei_json(), 201)]
    with running(environment) as drivers, Scripted(*replies) as iam, Scripted(STORED) as server:
        headers = put(drivers, server, "hwc", address="obs.localhost", **{"auth.endpoint": endpoint(iam)})
    assert_signed_by(headers)
    first, second = iam.asked
    assert first.target == "/v3.0/OS-AUTH/id-token/tokens" and first.headers["x-idp-id"] == "idp"
    assert json.loads(first.body) == {"auth": {"id_token": {"id": "JWT"}, "scope": {"project": {"id": "p1"}}}}
    assert second.target == "/v3.0/OS-CREDENTIAL/securitytokens" and second.headers["x-auth-token"] == "SUBJECT"
    assert json.loads(second.body) == {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 7200}}}}
    with Scripted(Answer(401, b'{"error":{"message":"expired"}}')) as iam:
        config = {"address": "obs.localhost", "auth.endpoint": endpoint(iam)}
        assert "expired" in refused("unauthenticated", environment, "hwc", **config)
    with Scripted(Answer(429)) as iam:
        refused("throttled", environment, "hwc", **{**config, "auth.endpoint": endpoint(iam)})


def test_google_metadata():
    given = answer({"access_token": "ya29.S3CR3T", "expires_in": 3600, "token_type": "Bearer"})
    with running() as drivers, Scripted(given) as service, Scripted(STORED) as server:
        headers = put(drivers, server, "gcp", **{"auth.endpoint": endpoint(service)})
    assert headers["authorization"] == "Bearer ya29.S3CR3T"
    assert service.asked[0].target == "/computeMetadata/v1/instance/service-accounts/default/token"
    assert service.asked[0].headers["metadata-flavor"] == "Google"


def test_google_metadata_where_the_environment_names_it():
    given = answer({"access_token": "ya29.S3CR3T", "expires_in": 3600, "token_type": "Bearer"})
    with Scripted(given) as service, Scripted(STORED) as server:
        with running({"GCE_METADATA_HOST": f"127.0.0.1:{service.port}"}) as drivers:
            headers = put(drivers, server, "gcp")
    assert headers["authorization"] == "Bearer ya29.S3CR3T"
    assert service.asked[0].headers["metadata-flavor"] == "Google"


@pytest.mark.parametrize("status", [200, 202])
def test_a_credential_is_taken_from_any_answer_that_means_success(tmp_path, status):
    (tmp_path / "token").write_text("JWT")
    identity = {"HUAWEICLOUD_SDK_IDP_ID": "idp", "HUAWEICLOUD_SDK_ID_TOKEN_FILE": tmp_path / "token"}
    replies = [Answer(status, b"{}", {"X-Subject-Token": "SUBJECT"}), answer(huawei_json(), status)]
    with running(identity) as drivers, Scripted(*replies) as iam, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, "hwc", address="obs.localhost", **{"auth.endpoint": endpoint(iam)}))
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": tmp_path / "token", "AWS_ROLE_ARN": "r"}
    with running(web) as drivers, Scripted(Answer(status, sts_xml().body)) as sts, Scripted(STORED) as server:
        assert_signed_by(put(drivers, server, **{"auth.endpoint": endpoint(sts)}))


def test_a_bearer_token_that_is_refused_is_renewed():
    tokens = [answer({"access_token": f"ya29.S3CR3T{i}", "expires_in": 3600}) for i in (1, 2)]
    said = "<?xml version='1.0'?><Error><Code>AuthenticationRequired</Code></Error>"

    def check(asked):
        return STORED if asked.headers["authorization"].endswith("2") else answer(said, 401)

    with running() as drivers, Scripted(*tokens) as service, Scripted(rule=check) as server:
        headers = put(drivers, server, "gcp", **{"auth.endpoint": endpoint(service)})
        assert headers["authorization"] == "Bearer ya29.S3CR3T2"
        assert len(server.asked) == 2


def test_a_signature_that_is_refused_with_401_is_not_made_again():
    with running() as drivers, Scripted(rule=instance_rule([3600])) as service:
        with Scripted(rule=lambda asked: answer("<Error/>", 401)) as server:
            none = {"auth.accessKeyID": "", "auth.secretAccessKey": "", "auth.type": "iam"}
            opened(drivers, server, **none, **{"auth.endpoint": endpoint(service)})
            drivers.fails("unauthenticated", "put", store="a", key="k", data=b"1")
            assert len(server.asked) == 1
