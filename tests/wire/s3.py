"""What the tests of S3-speaking drivers against the scripted server share."""

from xml.sax.saxutils import escape

from wire.scripted import Answer

KEYS = {"auth.accessKeyID": "AK", "auth.secretAccessKey": "topsecret"}


def opened(drivers, server, store="a", driver="minio", **config):
    values = {"address": server.host, "port": server.port, "bucketName": "b", "region": "us-east-1", **KEYS, **config}
    answer = drivers.open(driver, values, store)
    assert answer["status"] == "ok", answer
    return answer


def document(name, **elements):
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in elements.items())
    return f'<?xml version="1.0"?><{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</{name}>'.encode()


def fault(status, code, message="said the script", headers=None, **elements):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>{inner}<RequestId>REQ1</RequestId></Error>"
    )
    return Answer(status, body.encode(), {"Content-Type": "application/xml", **(headers or {})})


def listing(*names, prefixes=(), token=None, truncated=None, encoded=True):
    contents = "".join(
        f"<Contents><Key>{name}</Key><LastModified>2024-02-29T12:30:00.000Z</LastModified>"
        f"<ETag>&quot;e{i}&quot;</ETag><Size>{i}</Size></Contents>"
        for i, name in enumerate(names)
    )
    commons = "".join(f"<CommonPrefixes><Prefix>{prefix}</Prefix></CommonPrefixes>" for prefix in prefixes)
    more = bool(token) if truncated is None else truncated
    return Answer(
        200,
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
            f"{contents}{commons}<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
            + (f"<NextContinuationToken>{escape(token)}</NextContinuationToken>" if token else "")
            + ("<EncodingType>url</EncodingType>" if encoded else "")
            + "</ListBucketResult>"
        ).encode(),
    )


def uploads(*pairs, **elements):
    inner = "".join(
        f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId><Initiated>2024-02-29T12:30:00Z</Initiated></Upload>"
        for key, name in pairs
    )
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
    return Answer(
        200, f"<ListMultipartUploadsResult>{rest}{inner}<EncodingType>url</EncodingType></ListMultipartUploadsResult>".encode()
    )
