import { isDeepStrictEqual } from 'node:util'
import { type Conditions, list, type PolicyDocument, type Statement } from '../document.ts'
import type { Verdict } from '../judge.ts'

/** A statement changed in one way; without one, left out. */
export interface Change {
  /** `without Null dynamodb:LeadingKeys` */
  how: string
  statement?: Statement
}

/** A policy with one of its statements changed. */
export interface Mutant {
  /** `instance of main · ReadRows · without Null dynamodb:LeadingKeys` */
  name: string
  policy: string
  document: PolicyDocument
  /** What the statement was about before or is after: no other request can be judged otherwise. */
  actions: readonly string[]
  /** As `actions`; patterns. */
  resources: readonly string[]
  /** The verdicts that such a change of such a statement can change at all. */
  from: readonly Verdict[]
}

/** One way of changing statements, and the verdicts it can change: more is allowed by a wider right than by a narrower one. */
export interface Mutation {
  changes(statement: Statement): Change[]
  from: Readonly<Record<Statement['Effect'], readonly Verdict[]>>
}

/** One mutant for each change of each statement that is not known from elsewhere. */
export function mutantsOf(
  policy: string,
  document: PolicyDocument,
  { changes, from }: Mutation,
  isKnown: (statement: Statement) => boolean = () => false,
): Mutant[] {
  const { Statement: statements } = document
  return statements.flatMap((statement, index) => {
    if (isKnown(statement)) return []
    const label = statement.Sid ?? labelOf(statement, index)
    return changes(statement).map(({ how, statement: changed }) => ({
      name: `${policy} · ${label} · ${how.replaceAll(ARN_START, '')}`,
      policy,
      document: { ...document, Statement: statements.toSpliced(index, 1, ...(changed ? [changed] : [])) },
      actions: touchedActions(statement, changed),
      resources: [statement, changed ?? statement].flatMap(resourcesOf),
      from: from[statement.Effect],
    }))
  })
}

/** Which service, region and account; of all but roles what is left tells enough. */
const ARN_START = /arn:aws:(?!iam)\w+:[\w-]*:[\d*]*:/g

/** All that the statement is or was about; where nothing but its actions changed, only those. */
function touchedActions(before: Statement, after: Statement | undefined): string[] {
  const actions = list(before.Action)
  if (!after) return actions
  const others = list(after.Action)
  if (!isDeepStrictEqual({ ...before, Action: '' }, { ...after, Action: '' })) return [...actions, ...others]
  return [...new Set(actions).symmetricDifference(new Set(others))]
}

/** Of the statements that came without a name, by what they look at. */
function labelOf({ Condition = {} }: Statement, index: number): string {
  const keys = Object.values(Condition).flatMap(Object.keys)
  return `statement ${index + 1} on ${keys.join(' and ')}`
}

function resourcesOf({ Resource, NotResource }: Statement): string[] {
  return NotResource === undefined ? list(Resource) : ['*']
}

/** Each of several items left out in turn. */
export function leavingOut<T>(items: readonly T[]): [left: T, rest: T[]][] {
  return items.length < 2 ? [] : items.map((item, index) => [item, items.toSpliced(index, 1)])
}

/** Each condition of a statement, as operator, key and values. */
export function conditionsOf({
  Condition = {},
}: Statement): [operator: string, key: string, values: string[]][] {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]): [string, string, string[]] => [
      operator,
      key,
      [values].flat().map(String),
    ]),
  )
}

/** The statement with one condition replaced, or left out. */
export function withCondition(
  statement: Statement,
  operator: string,
  key: string,
  values?: string[],
): Statement {
  const { [key]: _, ...keys } = statement.Condition?.[operator] ?? {}
  const { [operator]: __, ...others } = statement.Condition ?? {}
  const changed = values ? { ...keys, [key]: values } : keys
  const conditions: Conditions = Object.keys(changed).length > 0 ? { ...others, [operator]: changed } : others
  const { Condition: ___, ...bare } = statement
  return Object.keys(conditions).length > 0 ? { ...bare, Condition: conditions } : bare
}
