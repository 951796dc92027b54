#!/usr/bin/env bash
# A Plone site's life on nice-blobs, in one story; what examples/plone needs is installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node --test --test-concurrency=1 --test-timeout=1200000 test/plone/*.test.ts
