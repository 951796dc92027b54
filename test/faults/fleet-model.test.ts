import { describe, it } from 'node:test'
import { bound } from './bounds.ts'
import { runModel } from './fleet-model/run-model.ts'

/**
 * The model of a fleet: hosts that share a volume, others beside them, the schedule, bucket and index. Everything is done in any
 * order, every process may die or stand still at any of its steps, and after each command every place where a blob can be is
 * compared with an oracle that knows nothing of how it is done. In the end everything works again, and what is due has to be
 * archived and released.
 *
 * A failure prints a seed, a path and a replay path; BLOBS_TEST_SEED, BLOBS_TEST_PATH and BLOBS_TEST_REPLAY_PATH repeat it. It
 * also prints the shortest sequence that fails, which then goes among the stories of fleet-steps.test.ts as it is.
 */
describe('the model of a fleet', () => {
  it('holds in any order', () => runModel(bound(200, 8_000), 'no harm'))
  it('holds in any order while somebody harms objects', () => runModel(bound(60, 2_000), 'harm'))
})
