import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { explore } from './garbage/explore.ts'
import { ForbiddenTransition } from './garbage/index-row.ts'
import { createProcedure } from './garbage/procedure.ts'
import { type Bounds, RULES } from './garbage/rules.ts'
import { SCENES } from './garbage/scenes.ts'
import { WRONG_RULES, type WrongRule } from './garbage/wrong-rules.ts'

/** That the exploration finds what is wrong: one rule after the other is replaced, and has to be missed by the shortest way. */
describe('garbage collection that', () => {
  for (const [name, wrong] of Object.entries(WRONG_RULES))
    it(`${name} is found to lose something (I4, I5)`, test => {
      const loss = findLoss(wrong)
      assert.ok(loss, 'nothing was lost')
      test.diagnostic(loss)
    })
})

function findLoss({ scene, start, ...wrong }: WrongRule): string | undefined {
  const own = SCENES[scene]
  const bounds: Bounds = { ...own.bounds, ...wrong.bounds }
  const rules = { ...RULES, ...wrong.rules }
  try {
    const { harm } = explore(start ?? own.start, { rules, bounds }, { visit: createProcedure(rules, bounds) })
    return harm && `${harm.what}: ${harm.path.join(', ')}`
  } catch (error) {
    if (error instanceof ForbiddenTransition) return error.message
    throw error
  }
}
