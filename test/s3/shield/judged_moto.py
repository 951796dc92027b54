"""moto's own server, with one decision taken out of its hands: whether a request to S3 is permitted.

moto authenticates (signatures, access keys, sessions) and stores, but it passes over boundaries and over the conditions of
policies, of which the shield mostly consists: each request, with the policies that moto has stored for it, goes to $JUDGE,
where an evaluator that other people wrote decides.
"""

import json
import os
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from flask import g
from moto.iam.access_control import AssumedRoleAccessKey, IAMPolicy, PermissionResult, S3IAMRequest
from moto.s3.models import FakeBucket, s3_backends
from moto.server import main
from moto.utilities.utils import get_partition

direct = build_opener(ProxyHandler({}))


def document(policy):
    return IAMPolicy(policy)._policy_json


def caller(request):
    """Who it is by the access key: a session is known to policies by the ARN of its role."""
    key = request._access_key
    known = {"principal": key.arn, "principalArn": key.arn, "boundaries": []}
    if isinstance(key, AssumedRoleAccessKey):
        role = key.backend.get_role(key._owner_role_name)
        known["principalArn"] = role.arn
        if role.permissions_boundary_arn:
            known["boundaries"] = [document(key.backend.get_policy(role.permissions_boundary_arn))]
    return {**known, "identityPolicies": [document(policy) for policy in key.collect_policies()]}


def bucket_policies(request):
    backend = s3_backends[request.account_id][get_partition(request._region)]
    return {name: document(bucket.policy.decode()) for name, bucket in backend.buckets.items() if bucket.policy}


def check_action_permitted(request, _resource):
    deletes_many = "delete" in parse_qs(urlsplit(request._path).query, keep_blank_values=True)
    hearing = {
        "method": request._method,
        "target": request._path,
        "headers": dict(request._headers.items()),
        "body": request._body.decode() if deletes_many else "",
        "account": request.account_id,
        "bucketPolicies": bucket_policies(request),
        **caller(request),
    }
    with direct.open(Request(os.environ["JUDGE"], json.dumps(hearing).encode())) as answer:
        refused = json.load(answer)
    if deletes_many:
        g.refused = refused
    elif refused:
        request._raise_access_denied()


def get_permission(_bucket, _action, resource):
    """moto asks this of every request to an object, before it knows the caller, and of each key of a deletion of many."""
    return PermissionResult.DENIED if resource in g.get("refused", ()) else PermissionResult.NEUTRAL


S3IAMRequest.check_action_permitted = check_action_permitted
FakeBucket.get_permission = get_permission
main()
