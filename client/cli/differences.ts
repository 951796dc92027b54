import {
  DIFFERENCE_CLASSES,
  type Difference,
  type DifferenceClass,
  hintFor,
  statusOfDifference,
} from '../../core/model/difference.ts'
import { printable } from '../../core/model/printable.ts'

/** Of each class; a lost index would be a difference for every blob. */
const SHOWN = 20

/** Counts all differences and keeps the first of each class, to be told together when the run ends. */
export function collectDifferences() {
  const found = new Map<DifferenceClass, { count: number; first: Difference[] }>()
  return {
    add(difference: Difference): void {
      const { count, first } = found.get(difference.class) ?? { count: 0, first: [] }
      if (first.length < SHOWN) first.push(difference)
      found.set(difference.class, { count: count + 1, first })
    },
    /** The highest of any class; 0 without differences. */
    status: () => Math.max(0, ...[...found.keys()].map(statusOfDifference)),
    /** The gravest class first. */
    *lines(): Generator<string> {
      for (const name of DIFFERENCE_CLASSES) {
        const { count, first } = found.get(name) ?? { count: 0, first: [] }
        if (count === 0) continue
        for (const { subject, reason } of first) yield `${name} ${printable(subject)}: ${reason}`
        if (count > first.length) yield `${name}: ${count - first.length} more; --json tells them all`
        yield `  hint: ${hintFor(name)}`
      }
    },
  }
}
