"""Reads calls from standard input, makes each with AWS's own SDK, and prints what its user sees of the outcome."""

import json
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


def outcome(call):
    key = call.get("key")
    identity = (
        {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]}
        if key
        else {"config": Config(signature_version=UNSIGNED)}
    )
    client = boto3.client("sagemaker-runtime", region_name="eu-central-1", **identity)
    try:
        answer = client.invoke_endpoint(**call["input"])
    except ClientError as error:
        response = error.response
        return {
            "name": response["Error"]["Code"],
            "message": response["Error"]["Message"],
            "status": response["ResponseMetadata"]["HTTPStatusCode"],
            "original_status": response.get("OriginalStatusCode"),
        }
    return {
        "status": answer["ResponseMetadata"]["HTTPStatusCode"],
        "body": answer["Body"].read().decode(),
        "content_type": answer["ContentType"],
        "variant": answer.get("InvokedProductionVariant"),
        "attributes": answer.get("CustomAttributes"),
        "request_id": answer["ResponseMetadata"]["RequestId"],
    }


print(json.dumps([outcome(call) for call in json.load(sys.stdin)]))
