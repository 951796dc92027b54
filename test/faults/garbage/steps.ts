import { archiverSteps } from './archiver.ts'
import { condemnerSteps } from './condemner.ts'
import { operatorSteps, timeSteps } from './operator.ts'
import { packerSteps } from './packer.ts'
import type { Setting } from './rules.ts'
import { goOn, type State, type Step } from './state.ts'
import { sweeperSteps } from './sweeper.ts'
import { undeleterSteps } from './undeleter.ts'
import { backupSteps, writerSteps } from './writer.ts'

/** Everything that may come next. */
export function* allSteps(state: State, setting: Setting): Generator<Step> {
  const without = setting.bounds.without ?? []
  if (!without.includes('writer')) yield* writerSteps(state, setting)
  if (!without.includes('backups')) yield* backupSteps(state, setting)
  yield* packerSteps(state, setting)
  yield* operatorSteps(state, setting)
  yield* timeSteps(state)
  yield* condemnerSteps(state, setting)
  yield* sweeperSteps(state, setting)
  if (!without.includes('archiver')) yield* archiverSteps(state, setting)
  if (!without.includes('undeleter')) yield* undeleterSteps(state, setting)
  for (const activity of state.activities) yield { name: `die: ${activity.what}`, to: goOn(state, activity) }
}
