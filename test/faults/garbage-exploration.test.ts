import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { bound } from './bounds.ts'
import { explore } from './garbage/explore.ts'
import { createProcedure } from './garbage/procedure.ts'
import { createRepeats } from './garbage/repeat.ts'
import { type Bounds, RULES } from './garbage/rules.ts'
import { LONGER, SCENES, type SceneName } from './garbage/scenes.ts'

/**
 * Garbage collection, explored: one blob, and everybody who may do something to it, each of whose steps is split where others can come
 * in between, may die, stand still, come late and be repeated. Breadth first, each distinct state once, from one end to the
 * other; what decides are the functions that decide in the product. In every state, and at every step:
 *
 * - **I4.** A *line* of the database is what it becomes from a restore until the next. A generation stands for the line on which its
 *   hosts were told of it; a restore is *told* once the deployed generation stands for the line the database is on. While it is
 *   told, nothing that the database keeps, or is about to commit, is condemned in the deployed generation, being swept by it, or
 *   due for sweeping. Until it is told, only that is swept of what the restored database keeps which two reports of before
 *   agreed on, the second with a later horizon and past the grace, and only while no report of the line has shown the restore.
 * - **I5.** What the database keeps has its file, or its bytes in the bucket; versions expire only in lines that are told, when no
 *   backup is older. After what docs/operations.md says for a restore, each blob that the database keeps can be read.
 * - **I1, I6.** A file is released only while its object is there; what cannot be read has a row that says so; only a sweeper's
 *   step places a marker. A sweeper's marker may come as late as its function lives, and no later.
 * - **I8.** Whatever can be begun ends the same when it is done twice, or dies anywhere and is done again.
 * - **I9.** The same ref of another database is never touched.
 */
describe('garbage collection, explored', () => {
  const met = new Set<string>()
  for (const name of Object.keys(SCENES) as SceneName[])
    it(`loses nothing: ${name} (I1, I4, I5, I8, I9)`, test => {
      const { start, bounds: usual } = SCENES[name]
      const bounds: Bounds = process.env.BLOBS_TEST_LONG ? { ...usual, ...LONGER[name] } : usual
      const procedure = createProcedure(RULES, bounds)
      const repeats = createRepeats(RULES, bounds)
      const found = explore(
        start,
        { rules: RULES, bounds },
        { most: bound(400_000, 4_000_000), visit: state => procedure(state) ?? repeats(state) },
      )
      const { states, transitions, depth, harm } = found
      test.diagnostic(`${states} states, ${transitions} transitions, ${depth} steps deep`)
      assert.equal(harm && `${harm.what}: ${harm.path.join(', ')}`, undefined)
      assert.ok(found.whole, 'there is no more')
      for (const step of found.met) met.add(step.replaceAll(/ \d/g, ''))
    })

  after(() => {
    for (const step of WHAT_HAPPENS) assert.ok(met.has(step), `nobody came to ${step}`)
  })
})

/** Were one of these never met, the exploration would have proved little. */
const WHAT_HAPPENS = [
  ...['condemn by: write', 'condemn by: write and die', 'sweep: write swept', 'sweep: take up'],
  ...['sweep: take back, hold', 'sweep: write condemned', 'a late marker comes', 'sweep: not confirmed'],
  ...['sweep: named', 'sweep: other generation', 'sweep: within its grace', 'decide on: condemning'],
  ...['decide on: waiting', 'decide on: refused', 'decide on: rejected', 'refuse further'],
  ...['undelete: write archived', 'undelete: copy', 'undelete: somebody was faster', 'release the file'],
  ...[
    'find it sweeping',
    'archive again what was swept',
    'the undelete window ends',
    'restore without files',
  ],
  ...['look for the object in vain', 'sweep: take up what has its marker'],
]
