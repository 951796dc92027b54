import { list, type Statement } from '../document.ts'
import { type Change, conditionsOf, leavingOut, type Mutation, withCondition } from './mutant.ts'
import { wider } from './wider.ts'

/** Every way in which a statement, a little wrong, would let more through. */
export const WEAKENING: Mutation = {
  changes: statement => (statement.Effect === 'Deny' ? weakerDenials(statement) : widerRights(statement)),
  from: { Deny: ['D'], Allow: ['i'] },
}

function weakerDenials(statement: Statement): Change[] {
  const actions = list(statement.Action)
  const resources = list(statement.Resource)
  return [
    { how: 'removed' },
    ...leavingOut(actions).map(([action, rest]) => ({
      how: `not of ${action}`,
      statement: { ...statement, Action: rest },
    })),
    ...leavingOut(resources).map(([resource, rest]) => ({
      how: `not on ${resource}`,
      statement: { ...statement, Resource: rest },
    })),
    ...resources
      .filter(resource => resource.endsWith('/*'))
      .map(resource => ({
        how: `only on blobs of ${resource}`,
        statement: { ...statement, Resource: resource.replace(/\*$/, 'blobs/*') },
      })),
    ...replacing(list(statement.NotResource), wider).map(([how, wide]) => ({
      how: `not on ${how}`,
      statement: { ...statement, NotResource: wide },
    })),
    ...conditionsOf(statement).flatMap(([operator, key, values]) =>
      widerExemptions(operator, values).map(wide => ({
        how: `${operator} ${key} ${wide}`,
        statement: withCondition(statement, operator, key, [wide]),
      })),
    ),
  ]
}

/** A negated operator exempts whom it names; a limit exempts what is below it. */
function widerExemptions(operator: string, values: string[]): string[] {
  if (operator.startsWith('Numeric')) return values.map(value => String(Number(value) - 0.1))
  if (!operator.includes('Not')) return []
  // Of the operators on texts only Like knows patterns.
  return operator === 'StringNotEquals' ? ['aws:kms', 'aws:kms:dsse'] : values.flatMap(wider)
}

function widerRights(statement: Statement): Change[] {
  const actions = list(statement.Action)
  const resources = list(statement.Resource)
  const conditions = conditionsOf(statement)
  const { Condition: _, ...unconditional } = statement
  return [
    ...(conditions.length > 0 ? [{ how: 'without conditions', statement: unconditional }] : []),
    ...(conditions.length > 1
      ? conditions.map(([operator, key]) => ({
          how: `without ${operator} ${key}`,
          statement: withCondition(statement, operator, key),
        }))
      : []),
    ...conditions
      .filter(([operator]) => operator.includes('Like') || operator.startsWith('Arn'))
      .flatMap(([operator, key, values]) =>
        replacing(values, value => widerValues(operator, value)).map(([how, wide]) => ({
          how: `${operator} ${key}: ${how}`,
          statement: withCondition(statement, operator, key, wide),
        })),
      ),
    ...replacing(resources, resource => widerResources(resource, statement)).map(([how, wide]) => ({
      how: `on ${how}`,
      statement: { ...statement, Resource: wide },
    })),
    ...services(actions).map(service => ({
      how: `of all of ${service}`,
      statement: { ...statement, Action: `${service}:*` },
    })),
    ...(statement.Principal === undefined
      ? []
      : [{ how: 'of everyone', statement: { ...statement, Principal: { AWS: '*' } } }]),
  ]
}

/** A statement that names one action of a service widened to all has them all, whichever of its actions it was. */
function services(actions: string[]): string[] {
  return [...new Set(actions.map(action => action.replace(/:.*/, '')))]
}

/** A bucket's own policy reaches no further than that bucket. */
function widerResources(resource: string, { Principal }: Statement): string[] {
  if (Principal === undefined) return wider(resource)
  return resource.includes('/') ? wider(resource).filter(pattern => pattern.includes('/')) : []
}

/** The operators on ARNs compare part by part. */
function widerValues(operator: string, value: string): string[] {
  return wider(value).map(pattern =>
    operator.startsWith('Arn') && pattern === '*' ? 'arn:*:*:*:*:*' : pattern,
  )
}

/** Each of some texts replaced in turn by each of its alternatives. */
function replacing(
  texts: string[],
  alternatives: (text: string) => string[],
): [how: string, texts: string[]][] {
  return texts.flatMap((text, index) =>
    alternatives(text).map((other): [string, string[]] => [
      `${text} as ${other}`,
      texts.toSpliced(index, 1, other),
    ]),
  )
}
