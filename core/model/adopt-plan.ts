import type { BlobRow } from './blob-row.ts'
import { FORMS, type Form, type Naming, parsePredecessorKey } from './predecessor-key.ts'
import type { Ref } from './ref.ts'

/**
 * `adopt`: read it, copy it, write its row · `none`: the index knows it already · `collected`: it was adopted before and is
 * garbage by now, which an adoption does not undo · `conflict`: the index knows it with another size.
 */
export type AdoptStep = 'adopt' | 'none' | 'collected' | 'conflict'

export interface AdoptPlan {
  readonly step: AdoptStep
  readonly reason: string
}

/** What is to be done with a predecessor's object; a row of the same size spares reading it. */
export function planAdoption(size: number, row: BlobRow | undefined): AdoptPlan {
  if (row === undefined) return { step: 'adopt', reason: 'not in the index' }
  if (row.size !== size)
    return { step: 'conflict', reason: `the index knows it with ${row.size} bytes, it has ${size}` }
  if (row.state === 'archived' || row.state === 'condemned')
    return { step: 'none', reason: 'it is in the index' }
  return { step: 'collected', reason: 'it was collected as garbage: undelete brings it back' }
}

/** A predecessor's key as a ref, or why it is left alone. */
export type JudgedKey = { readonly ref: Ref } | { readonly foreign: string }

export function judgeKey(naming: Naming, key: string): JudgedKey {
  const ref = parsePredecessorKey(naming, key)
  return ref ? { ref } : { foreign: reasonOf(naming, key) }
}

/** A form that was mistaken for the other shows in what all is said to be. */
function reasonOf({ form, prefix }: Naming, key: string): string {
  const fits = (other: Form) => parsePredecessorKey({ form: other, prefix }, key) !== undefined
  const other = FORMS.find(each => each !== form && fits(each))
  return other === undefined ? `no key of ${form}` : `a key of ${other}`
}
