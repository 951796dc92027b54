import { it } from 'node:test'
import { runModel } from '../faults/model/run-model.ts'

/** A glance at what test/faults/model.test.ts looks at for longer. */
it('the model holds in any order', () => runModel(40))
