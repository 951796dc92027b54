#!/usr/bin/env bash
# Of the paths on standard input those that have no line in a directory of sums. What a crash left of a line is taken out of it first.
set -euo pipefail
export LC_ALL=C
shopt -s nullglob
sums=("$1"/*.sha256)
line='^[0-9a-f]{64}  [^[:space:][:cntrl:]]+$'

is_whole() { [ "$(tail -c 1 "$1" | wc -l)" = 1 ] && ! grep -aqvE "$line" "$1"; }

# The last line may look like one, and be the beginning of another path.
mend() {
  { if [ "$(tail -c 1 "$1" | wc -l)" = 1 ]; then cat "$1"; else sed '$d' "$1"; fi; } | { grep -aE "$line" || true; } > "$1.part"
  sync "$1.part"
  mv "$1.part" "$1"
}

for file in "${sums[@]}"; do is_whole "$file" || mend "$file"; done
sort -u | comm -23 - <(cat "${sums[@]}" /dev/null | cut -c67- | sort -u)
