import type { Tally } from './archive-policy.ts'
import type { ScheduleMetricName } from './metric-names.ts'
import type { ScheduleReason, VolumeDecision } from './schedule-plan.ts'
import { isUnattended } from './volume-presence.ts'

/** What a run tells of itself. */
export interface ScheduleReport {
  /** How many volumes of each. */
  readonly reasons: Readonly<Partial<Record<ScheduleReason, number>>>
  readonly due: Tally
  readonly ordered: Tally
  readonly metrics: Readonly<Record<ScheduleMetricName, number>>
}

/** `now` in milliseconds since 1970. An order without a limit counts with what is due. */
export function reportSchedule(decisions: readonly VolumeDecision[], now: number): ScheduleReport {
  const reasons: Partial<Record<ScheduleReason, number>> = {}
  const due = { blobs: 0, bytes: 0 }
  const ordered = { blobs: 0, bytes: 0 }
  let since = now
  for (const decision of decisions) {
    reasons[decision.reason] = (reasons[decision.reason] ?? 0) + 1
    if (!isScheduled(decision)) continue
    const { budget } = decision.order ?? {}
    for (const what of ['blobs', 'bytes'] as const) {
      due[what] += decision.due[what]
      if (budget) ordered[what] += budget[what] ?? decision.due[what]
    }
    since = Math.min(since, decision.overdueSince ?? now)
  }
  const known = decisions.filter(({ reason }) => reason !== 'gone')
  const metrics = {
    BacklogBytes: due.bytes,
    BacklogBlobs: due.blobs,
    Overdue: (now - since) / 1000,
    Volumes: known.length,
    SilentVolumes: known.filter(({ reason }) => isUnattended(reason)).length,
    FillingVolumes: known.filter(({ filling }) => filling).length,
    OrderedBytes: ordered.bytes,
  }
  return { reasons, due, ordered, metrics }
}

/** What nobody wants archived is no backlog. */
function isScheduled({ reason }: VolumeDecision): boolean {
  return reason !== 'not scheduled' && reason !== 'gone'
}
