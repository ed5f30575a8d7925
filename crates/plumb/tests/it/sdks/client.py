"""Reads calls from standard input, makes each with AWS's own SDK, and prints what its user sees of the outcome."""

import base64
import datetime
import json
import sys

import boto3
import botocore.auth
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

METHODS = {
    "InvokeEndpoint": "invoke_endpoint",
    "InvokeEndpointAsync": "invoke_endpoint_async",
    "InvokeEndpointWithResponseStream": "invoke_endpoint_with_response_stream",
}
now = botocore.auth.get_current_datetime


def changes(change):
    """Does to a signed request what somebody on the way could do."""

    def apply(request, **_):
        for name, value in change.get("headers", {}).items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = value
        if "body" in change:
            request.body = change["body"].encode()
            request.headers.pop("content-length", None)
            request.headers["Content-Length"] = str(len(request.body))

    return apply


def outcome(call):
    key = call.get("key")
    identity = (
        {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]}
        if key
        else {"config": Config(signature_version=UNSIGNED)}
    )
    offset = datetime.timedelta(seconds=call.get("clock", 0))
    botocore.auth.get_current_datetime = lambda *arguments, **named: now(*arguments, **named) + offset
    client = boto3.client("sagemaker-runtime", region_name="eu-central-1", **identity)
    if "change" in call:
        client.meta.events.register("before-send.sagemaker-runtime", changes(call["change"]))
    body = {"Body": base64.b64decode(call["base64"])} if "base64" in call else {}
    try:
        answer = getattr(client, METHODS[call.get("operation", "InvokeEndpoint")])(**call["input"], **body)
    except ClientError as error:
        response = error.response
        return {
            "name": response["Error"]["Code"],
            "message": response["Error"]["Message"],
            "status": response["ResponseMetadata"]["HTTPStatusCode"],
            "original_status": response.get("OriginalStatusCode"),
        }
    body = answer["Body"].read()
    return {
        "status": answer["ResponseMetadata"]["HTTPStatusCode"],
        "body": body.decode(errors="replace"),
        "base64": base64.b64encode(body).decode(),
        "content_type": answer["ContentType"],
        "variant": answer.get("InvokedProductionVariant"),
        "attributes": answer.get("CustomAttributes"),
        "request_id": answer["ResponseMetadata"]["RequestId"],
        "attempts": 1 + answer["ResponseMetadata"]["RetryAttempts"],
    }


print(json.dumps([outcome(call) for call in json.load(sys.stdin)]))
