"""An S3 server on a free port of 127.0.0.1 that checks signatures. It ends when its standard input does.

It prints one line: the port, and the id and the secret of a key that may do everything.
"""

import json
import logging
import os
import sys

# What it keeps of large bodies, and the process's own credentials, which sign nothing that counts.
os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3
from moto import settings
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
_, port = server.get_host_and_port()
iam = boto3.client("iam", endpoint_url=f"http://127.0.0.1:{port}")
iam.create_user(UserName="plumb")
rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="plumb", PolicyName="all", PolicyDocument=json.dumps(rights))
key = iam.create_access_key(UserName="plumb")["AccessKey"]
# From here on each request has to be signed.
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
