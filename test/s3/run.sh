#!/usr/bin/env bash
# The contract suites before servers of other people, and the shield before one that judges policies.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=test:s3
. test/s3/install.sh
exec node --test --test-timeout=300000 test/s3/*.test.ts
