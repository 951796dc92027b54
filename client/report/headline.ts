import { formatBytes } from '../../core/model/quantity.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { aboutMoney } from './wording.ts'

/** The answer in one sentence, for the page and the terminal alike. */
export function headline({ total, leaves, cost }: PlanReport): string {
  if (total.blobs === 0) return 'There are no blobs here'
  if (leaves.blobs === 0) return `Nothing of ${formatBytes(total.bytes)} can leave yet`
  return `${portion(leaves, total)} can leave; ${aboutMoney(cost.firstMonth)} a month`
}

function portion(leaves: PlanReport['leaves'], total: PlanReport['total']): string {
  const [part, whole] = [formatBytes(leaves.bytes), formatBytes(total.bytes)]
  if (leaves.blobs === total.blobs) return `All ${whole}`
  return part === whole ? `Nearly all of ${whole}` : `${part} of ${whole}`
}
