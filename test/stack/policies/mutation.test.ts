import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { duringErasure, type Installation, inOneAccount, inTwoAccounts } from './installation.ts'
import { changedCells, isTwin } from './mutation/changed-cells.ts'
import { TIGHTENING } from './mutation/tightening.ts'
import { UNNEEDED, UNNOTICED, type Where } from './mutation/unnoticed.ts'
import { WEAKENING } from './mutation/weakening.ts'
import { KEYS } from './requests/object-requests.ts'
import { givenTables, type Table, tablesOf } from './tables.ts'

/** What is changed in turn: some policies of an installation, and the tables that can tell. */
interface Field {
  of: Installation
  tables: Table[]
  names: string[]
}

/** A matrix that is compared as a whole still says nothing of a statement that no cell depends on. */
describe('the matrix of rights', () => {
  const one = inOneAccount()
  const fields: Readonly<Record<Where, Field>> = {
    'one account': {
      of: one,
      tables: [...tablesOf(one), ...givenTables(one)],
      names: [...one.policies.keys()].filter(name => !isTwin(name)),
    },
    'two accounts': differing(inTwoAccounts(), ['replica', 'replica records']),
    'an erasure': differing(duringErasure(KEYS['blobs/main']), ['bucket', 'replica']),
  }

  for (const [where, { of, tables, names }] of Object.entries(fields) as [Where, Field][]) {
    const known = of === one ? undefined : one.policies

    it(`notices each statement that lets more through, with ${where} (I3, I6, I9)`, async t => {
      const changed = await changedCells(of, tables, names, WEAKENING, known)
      holds(t, changed, UNNOTICED[where])
    })

    it(`notices each right that is taken away, so that none is given without need, with ${where}`, async t => {
      const changed = await changedCells(of, tables, names, TIGHTENING, known)
      holds(t, changed, UNNEEDED[where])
    })
  }

  function differing(of: Installation, names: string[]): Field {
    const others = [...of.policies].filter(
      ([name, document]) => !isDeepStrictEqual(document, one.policies.get(name)),
    )
    assert.deepEqual(
      others.map(([name]) => name),
      names,
    )
    return { of, tables: tablesOf(of).filter(({ store }) => names.includes(store.policy ?? '')), names }
  }
})

function holds(
  t: TestContext,
  changed: ReadonlyMap<string, string | undefined>,
  expected: readonly { mutants: string[] }[],
): void {
  t.diagnostic(`${changed.size} mutants`)
  assert.ok(changed.size > 0)
  const unnoticed = [...changed].filter(([, cell]) => cell === undefined).map(([name]) => name)
  assert.deepEqual(unnoticed.sort(), expected.flatMap(({ mutants }) => mutants).sort())
}
