#!/usr/bin/env bash
# A real `cdk deploy` to a stand-in for AWS, and the fleet's work on what it made.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=test:deploy
. test/s3/install.sh
exec node --test --test-concurrency=2 --test-timeout=600000 test/deploy/*.test.ts
